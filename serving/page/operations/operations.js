import { at, make } from "../common/dom.js";
import { ask, explain } from "../common/service.js";
import { championHistory } from "./champions.js";
import { driftVerdicts } from "./drift.js";
import { modelStatus } from "./model.js";
import { reviewQueue } from "./review.js";
import { trafficPlot } from "./traffic.js";

const SECTIONS = [
  { id: "status", path: () => "model", view: modelStatus },
  { id: "drift", path: () => "operations/verdicts", view: driftVerdicts },
  { id: "traffic", path: () => `operations/traffic?hours=${at("hours").value}`, view: trafficPlot },
  { id: "review", path: () => "operations/review?limit=10", view: reviewQueue },
  { id: "champions", path: () => "operations/champions", view: championHistory },
];

async function refresh({ id, path, view }) {
  const place = at(id).querySelector("div");
  try {
    place.replaceChildren(...view(await ask(path())).filter(Boolean));
  } catch (error) {
    const box = make("div", { class: "problem", role: "alert" });
    explain(box, error);
    place.replaceChildren(box);
  }
}

/** Each section stands for itself: one that fails says why, and the others are shown. */
export function startOperations(panel) {
  const all = async () => {
    at("refresh").disabled = true;
    await Promise.all(SECTIONS.map(refresh));
    at("as-of").textContent = `As of ${new Date().toLocaleTimeString("en", { timeStyle: "short", hourCycle: "h23" })}`;
    at("refresh").disabled = false;
  };
  panel.addEventListener("shown", all);
  at("refresh").addEventListener("click", all);
  at("hours").addEventListener("change", () => refresh(SECTIONS.find(({ id }) => id === "traffic")));
}
