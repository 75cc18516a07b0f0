import { make } from "../common/dom.js";

const ENDS = {
  valence: ["unpleasant", "pleasant"],
  arousal: ["calm", "excited"],
  dominance: ["giving way", "in control"],
};
const SOURCES = {
  trained: "The model was trained on ratings of these.",
  derived: "These follow from the likelihood of each emotion.",
};

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

export function dimensionScales({ source, ...values }) {
  const rows = Object.entries(values).map(([name, value]) =>
    make("li", {},
      make("span", { class: "scale-name", text: name }), make("b", { text: signed(value) }),
      make("i", { class: "scale", "--at": (value + 1) / 2 }),
      make("small", { text: ENDS[name][0] }), make("small", { text: ENDS[name][1] })));
  return [make("ul", { class: "scales" }, ...rows), make("p", { class: "faint", text: SOURCES[source] })];
}
