import { make, percent, table } from "../common/dom.js";
import { legend } from "../common/emotions.js";
import { stack } from "../common/stack.js";

const HOUR = 3_600_000;
const DAY_AND_TIME = new Intl.DateTimeFormat("en", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const when = (time) => DAY_AND_TIME.format(time);
const mix = (hour) => Object.entries(hour.emotions).map(([emotion, count]) => `${count} ${emotion}`).join(", ");

function column(hour, first, count, most) {
  const index = (Date.parse(hour.start) - first) / HOUR;
  const emotions = Object.entries(hour.emotions).sort();
  return {
    start: (index + 0.08) / count,
    end: (index + 0.92) / count,
    parts: emotions.map(([emotion, predictions]) => [emotion, predictions / most]),
    title: `${when(Date.parse(hour.start))}: ${hour.predictions} predictions (${mix(hour)}), ${hour.unknown} unknown`,
  };
}

export function trafficPlot({ since, until, hours }) {
  if (!hours.length) return [make("p", { class: "faint", text: "No predictions in this time." })];
  const first = Math.floor(Date.parse(since) / HOUR) * HOUR;
  const count = Math.floor(Date.parse(until) / HOUR) - first / HOUR + 1;
  const most = Math.max(...hours.map(({ predictions }) => predictions));
  const total = hours.reduce((sum, { predictions }) => sum + predictions, 0);
  const unknown = hours.reduce((sum, hour) => sum + hour.unknown, 0);
  const emotions = [...new Set(hours.flatMap((hour) => Object.keys(hour.emotions)))].sort();
  const rows = hours.map((hour) => [when(Date.parse(hour.start)), hour.predictions, hour.unknown, mix(hour)]).reverse();
  return [
    make("p", {}, make("b", { text: total.toLocaleString("en") }), ` predictions, ${percent(unknown / total, 1)} answered unknown.`),
    make("div", { class: "plot" },
      make("div", { class: "y-axis", "aria-hidden": "true" }, ...[most, "", 0].map((text) => make("span", { text }))),
      stack(hours.map((hour) => column(hour, first, count, most)), "Predictions per hour by likeliest emotion; the table below holds the figures"),
      make("div", { class: "x-axis", "aria-hidden": "true" }, ...[first, first + (count * HOUR) / 2, first + count * HOUR].map((time) => make("span", { text: when(time) })))),
    legend(emotions),
    make("details", {}, make("summary", { text: "As a table" }), table("Predictions per hour", ["Hour", "Predictions", "Unknown", "Likeliest emotions"], rows)),
  ];
}
