import { capital, make, moment, percent, seconds } from "../common/dom.js";
import { named, ranked } from "../common/emotions.js";
import { feedbackForm } from "../common/feedback.js";

const REASONS = {
  "no speech": "No speech was found",
  "unlike the training speech": "Sounds unlike the training speech",
  "too unsure": "The model was too unsure to answer",
  "low confidence": "More likely wrong than right",
  "modalities disagree": "Voice, words or face disagree",
};

const given = ({ modalities }) => Object.keys(modalities).filter((name) => modalities[name]).map(capital).join(" + ");

function item(prediction) {
  const told = [given(prediction), prediction.duration_s && seconds(prediction.duration_s), prediction.channel].filter(Boolean).join(" · ");
  const runners = ranked(prediction.distribution).slice(0, 2).map(([emotion, share]) =>
    make("span", { class: "runner" }, named(emotion), ` ${percent(share)}`));
  return make("li", { class: "doubtful" },
    make("div", {},
      make("b", { text: REASONS[prediction.reason] ?? prediction.reason }),
      make("p", { class: "faint" }, moment(prediction.created_at), ` · ${told}`)),
    make("div", {},
      make("div", { class: "runners" }, ...runners),
      prediction.text ? make("blockquote", { text: prediction.text }) : null),
    feedbackForm(prediction));
}

export function reviewQueue({ waiting, predictions }) {
  if (!waiting) return [make("p", { class: "faint", text: "Nothing waits for a person: no doubtful prediction of the last week is without feedback." })];
  const shown = predictions.length < waiting ? `; the newest ${predictions.length} are shown` : "";
  return [
    make("p", { text: `${waiting} doubtful predictions of the last week wait for feedback${shown}.` }),
    make("ol", { class: "queue" }, ...predictions.map(item)),
  ];
}
