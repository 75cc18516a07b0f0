import { percent, seconds } from "../common/dom.js";
import { ranked } from "../common/emotions.js";

const ABSTENTIONS = {
  "no speech": {
    why: "No speech was found in this recording.",
    what: "Speak closer to the microphone, or choose a clip in which somebody speaks.",
  },
  "unlike the training speech": {
    why: "This sounds unlike any speech that the model learnt from, so its opinion cannot be trusted.",
    what: "Music, loud noise or heavy distortion can be the cause; try a cleaner recording.",
  },
  "too unsure": {
    why: "The model hears the speech, but the emotions are too close to call.",
    what: "A longer clip, or the words beside the voice, may settle it.",
  },
};

export const abstention = (reason) => ABSTENTIONS[reason] ?? { why: `The model would not say: ${reason}.`, what: "" };

const first = (value, ...steps) => steps.find(([limit]) => value >= limit)[1];

const whole = (value) => `${Math.round(value) + 0}`;

/** Whether there is speech whose emotions over time mean anything. */
export const heard = (answer) => answer.unknown !== "no speech";

/** What the figures of a recording mean. */
export function quality(audio) {
  const noise = first(audio.snr_db, [20, "Clear: the voice stands well above the noise"], [10, "Some noise behind the voice"], [-Infinity, "Noisy: the voice hardly stands out"]);
  const band = first(audio.bandwidth_hz, [6000, "Full voice band"], [3800, "Somewhat muffled"], [0, "Narrow, as over a telephone"]);
  const level = first(audio.loudness_lufs, [-14, "Very loud"], [-35, "Good level"], [-Infinity, "Very quiet"]);
  const channels = audio.channels === 1 ? "one channel" : `${audio.channels} channels`;
  const voice = [
    `${noise} (${whole(audio.snr_db)} dB)`,
    `${band} (up to ${(audio.bandwidth_hz / 1000).toFixed(1)} kHz)`,
  ];
  return [
    `${seconds(audio.duration_s)} long, ${seconds(audio.speech_s)} of it speech (${audio.sample_rate / 1000} kHz, ${channels})`,
    ...(audio.speech_s > 0 ? voice : []),
    `${level} (${whole(audio.loudness_lufs)} LUFS)`,
    audio.clipped_share > 0.001 ? `Distorted: ${percent(audio.clipped_share, 1)} of it is clipped` : "No distortion",
  ];
}

const NAMES = { audio: "Voice", text: "Words", image: "Face" };

function silent(modality, { modalities, face }) {
  if (modality === "image" && face && !face.found) return "no face found in the picture";
  return modalities[modality] ? "has no opinion by itself" : "missing";
}

/** What each modality says by itself, or why it says nothing. */
export function modalities(answer) {
  return Object.entries(NAMES).map(([modality, name]) => {
    const said = answer.by_modality[modality] ?? (modality === "image" ? answer.face?.distribution : null) ?? {};
    const [emotion, share] = ranked(said)[0] ?? [];
    return { name, emotion, share, note: silent(modality, answer) };
  });
}

/** How long the answer took, and which stages took how much of it. */
export function stages({ total, ...others }) {
  const told = Object.entries(others).map(([stage, time]) => `${stage.replaceAll("_", " ")} ${time.toFixed(time < 10 ? 1 : 0)}`);
  return [total && `${whole(total)} ms`, told.length && `(${told.join(", ")})`].filter(Boolean).join(" ");
}
