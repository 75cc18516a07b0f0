import { make, moment, table } from "../common/dom.js";
import { fetchFile, key } from "../common/service.js";
import { badge } from "./model.js";

/** The gate's verdicts, 0 to 4; from the third on a retrain is asked for. */
const VERDICTS = [
  ["good", "Steady"],
  ["idle", "Not enough data"],
  ["bad", "The mix changed"],
  ["bad", "The input changed"],
  ["bad", "Mix and input changed"],
];
const RETRAINS = {
  waiting: "A retrain waits for enough feedback",
  running: "A retrain is running",
  done: "Retrained and promoted",
  kept: "Retrained, the champion kept its place",
  failed: "The retrain failed",
};

/** A link cannot carry a key: with one, the report is fetched and saved. */
async function save(event, verdict) {
  if (!key()) return;
  event.preventDefault();
  const address = URL.createObjectURL(await fetchFile(event.target.href));
  make("a", { href: address, download: `drift-${verdict.id}.html` }).click();
  URL.revokeObjectURL(address);
}

function report(verdict) {
  if (!verdict.report) return make("span", { class: "faint", text: "not on this machine" });
  return make("a", {
    href: verdict.report.slice(1), target: "_blank", rel: "noopener", text: "Report",
    "aria-label": `Drift report of ${verdict.window_end}`, onclick: (event) => save(event, verdict),
  });
}

const outcome = ({ retrain }) => (retrain ? `${RETRAINS[retrain.state]}${retrain.challenger ? ` (${retrain.challenger})` : ""}` : "");

export function driftVerdicts({ verdicts }) {
  const [latest] = verdicts;
  if (!latest) return [make("p", { class: "faint", text: "No window has been judged yet: undertone run monitoring." })];
  const rows = verdicts.map((verdict) => [moment(verdict.window_end), badge(...VERDICTS[verdict.verdict]), verdict.words, outcome(verdict), report(verdict)]);
  return [
    badge(...VERDICTS[latest.verdict]),
    make("p", { text: latest.words }),
    make("p", { class: "faint" }, "Window up to ", moment(latest.window_end), outcome(latest) ? `. ${outcome(latest)}. ` : ". ", report(latest)),
    make("details", {}, make("summary", { text: `History (${verdicts.length})` }),
      table("Verdicts, newest first", ["Up to", "Verdict", "In words", "Retrain", "Report"], rows)),
  ];
}
