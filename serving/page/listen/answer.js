import { at, capital, make, percent } from "../common/dom.js";
import { mark, named, ranked } from "../common/emotions.js";
import { feedbackForm } from "../common/feedback.js";
import { coursePlot } from "./course.js";
import { abstention, heard, modalities, quality, stages } from "./explain.js";
import { dimensionScales } from "./scales.js";
import { track } from "./track.js";

const part = (title, ...children) => make("section", { class: "card" }, make("h3", { text: title }), ...children);

const list = (lines) => make("ul", { class: "plain" }, ...lines.map((line) => make("li", {}, line)));

function verdict(answer) {
  if (!answer.unknown) {
    return make("div", { class: "verdict" },
      mark(answer.emotion),
      make("div", {}, make("h2", { id: "emotion", text: capital(answer.emotion) }),
        make("p", { text: `${percent(answer.confidence)} sure` })));
  }
  const { why, what } = abstention(answer.unknown);
  const [guess, share] = ranked(answer.distribution)[0];
  return make("div", { class: "verdict" },
    mark("unknown"),
    make("div", {}, make("h2", { id: "emotion", text: "Unknown" }),
      make("p", { id: "unknown", text: why }),
      make("p", { class: "faint", text: `${what} All below is a guess, led by ${guess} with ${percent(share)}.` })));
}

function bars(distribution) {
  return make("ol", { class: "bars" }, ...ranked(distribution).map(([emotion, share]) =>
    make("li", {}, named(emotion), make("i", { class: "tone", "data-emotion": emotion, "--share": share }), make("b", { text: percent(share, 1) }))));
}

function byModality(answer) {
  const rows = modalities(answer).flatMap(({ name, emotion, share, note }) => [
    make("dt", { text: name }),
    make("dd", {}, emotion ? named(emotion) : "", make("span", { class: emotion ? "" : "faint", text: emotion ? `${percent(share)} by itself` : note })),
  ]);
  return make("dl", { class: "modalities" }, ...rows);
}

function facts(answer) {
  const rows = [
    ["Model", make("code", { text: answer.model_tag })],
    ["Lineage", make("code", { text: answer.lineage_id })],
    ["Prediction", make("code", { text: answer.prediction_id })],
    ["Language", answer.transcript?.language],
    ["Took", stages(answer.timings_ms)],
  ].filter(([, value]) => value);
  return make("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", {}, value)]));
}

/** Put an answer on the page. `clip` is the recording it is about, or null. */
export async function showAnswer(answer, clip) {
  const place = at("answer");
  const recording = clip && (await track(answer, clip));
  for (const player of place.querySelectorAll("audio")) {
    player.pause();
    URL.revokeObjectURL(player.src);
  }
  const parts = [
    part("How likely each emotion is", bars(answer.distribution)),
    heard(answer) && answer.timeline?.length ? part("Emotion over time", ...coursePlot(answer.timeline)) : null,
    answer.dimensions ? part("Valence, arousal, dominance", ...dimensionScales(answer.dimensions)) : null,
    part("What each part says", byModality(answer)),
    answer.audio ? part("The recording", list(quality(answer.audio))) : null,
    part("About this answer", facts(answer)),
  ];
  place.replaceChildren(
    make("section", { class: "card" }, verdict(answer), recording,
      !recording && answer.transcript?.text ? make("blockquote", { text: answer.transcript.text }) : null,
      answer.recorded ? feedbackForm(answer) : make("p", { class: "faint", text: "This answer was not stored, so it cannot take feedback." })),
    make("div", { class: "parts" }, ...parts));
  at("empty").hidden = true;
  place.hidden = false;
  if (matchMedia("(max-width: 60rem)").matches) place.focus();
}
