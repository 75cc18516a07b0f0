import { make, percent, seconds, table } from "../common/dom.js";
import { legend, named, ranked } from "../common/emotions.js";
import { stack } from "../common/stack.js";

const times = ({ start, end }) => `${seconds(start)} – ${seconds(end)}`;

/** The share of each emotion over time, as a plot and as a table. */
export function coursePlot(timeline) {
  const length = timeline.at(-1).end;
  const emotions = [...new Set(timeline.flatMap(({ distribution }) => Object.keys(distribution)))].sort();
  const columns = timeline.map((segment) => ({
    start: segment.start / length,
    end: segment.end / length,
    parts: emotions.map((emotion) => [emotion, segment.distribution[emotion] ?? 0]),
    title: `${times(segment)}: ${ranked(segment.distribution).slice(0, 3).map(([emotion, share]) => `${emotion} ${percent(share)}`).join(", ")}`,
  }));
  const plot = make("div", { class: "plot" },
    make("div", { class: "y-axis", "aria-hidden": "true" }, ...["100 %", "50 %", "0"].map((text) => make("span", { text }))),
    stack(columns, `Share of each emotion over ${seconds(length)}; the table below holds the figures`),
    make("div", { class: "x-axis", "aria-hidden": "true" }, ...[0, length / 2, length].map((time) => make("span", { text: seconds(time) }))));
  const rows = timeline.map((segment) => [times(segment), named(segment.emotion), percent(segment.confidence)]);
  const note = make("p", { class: "faint", text: "The voice alone, stretch by stretch; the answer weighs the whole recording and its words." });
  return [note, plot, legend(emotions), make("details", {}, make("summary", { text: "As a table" }), table("Emotion over time", ["When", "Emotion", "Share"], rows))];
}
