import { make, moment } from "../common/dom.js";
import { uar } from "./champions.js";

function state(status) {
  if (status.problem) return { kind: "bad", text: "The champion could not be loaded", note: status.problem };
  if (!status.tag) return { kind: "idle", text: "No champion yet", note: "Train and promote one: undertone run training." };
  if (status.champion !== status.tag) return { kind: "idle", text: `${status.champion} is loading`, note: `${status.tag} answers meanwhile.` };
  return { kind: "good", text: "The champion answers", note: "" };
}

export const badge = (kind, text) => make("p", { class: `badge ${kind}`, text });

export function modelStatus(status) {
  const { kind, text, note } = state(status);
  const facts = [
    ["Model", make("code", { text: status.tag ?? "none" })],
    ["Since", status.loaded_at && moment(status.loaded_at)],
    ["UAR on test", uar(status.metrics)],
    ["Emotions", status.classes.join(", ")],
  ].filter(([, value]) => value);
  return [
    badge(kind, text),
    note ? make("p", { text: note }) : null,
    make("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", {}, value)])),
  ];
}
