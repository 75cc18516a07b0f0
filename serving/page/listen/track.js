import { capital, make, percent, rove, seconds } from "../common/dom.js";
import { mark } from "../common/emotions.js";
import { heard } from "./explain.js";
import { layOut } from "./lane.js";
import { paint, peaksOf } from "./waveform.js";

const PEAKS_A_SECOND = 60;
const [FEWEST_PEAKS, MOST_PEAKS] = [120, 6000];
const PIXELS_A_SECOND = 64;
const WIDEST = 16000;

function piece(item, length, kind, text, label, seek) {
  return make("button", {
    type: "button", class: kind, title: label, "aria-label": label, "data-start": item.start, "data-end": item.end,
    "data-emotion": item.emotion, "--start": item.start / length, "--length": (item.end - item.start) / length,
    onclick: () => seek(item.start),
  }, item.emotion ? mark(item.emotion) : null, make("span", { text }));
}

function group(label, kind, buttons) {
  const lane = make("div", { class: `lane ${kind}`, role: "group", "aria-label": label }, ...buttons);
  rove(lane, buttons);
  return lane;
}

function playButton(player) {
  const button = make("button", { type: "button", class: "play", text: "Play" });
  const show = () => { button.textContent = player.paused ? "Play" : "Pause"; };
  button.addEventListener("click", () => (player.paused ? player.play() : player.pause()));
  player.onplay = player.onpause = show;
  return button;
}

function follow(player, length, cursor, clock, pieces) {
  const show = () => {
    const now = player.currentTime;
    cursor.style.setProperty("--at", Math.min(now / length, 1));
    clock.textContent = `${seconds(now)} of ${seconds(length)}`;
    for (const button of pieces) button.classList.toggle("now", !player.paused && now >= button.dataset.start && now < button.dataset.end);
    if (!player.paused && cursor.isConnected) requestAnimationFrame(show);
  };
  player.ontimeupdate = show;
  player.onplaying = show;
  show();
}

/** The recording: its waveform, its segments and its words, one above the other on one scale of time. */
export async function track(answer, clip, player) {
  const guess = Math.round((answer.audio?.duration_s ?? 0) * PEAKS_A_SECOND);
  const wave = await peaksOf(clip, Math.min(Math.max(guess, FEWEST_PEAKS), MOST_PEAKS));
  const timeline = (heard(answer) && answer.timeline) || [];
  const words = answer.transcript?.words ?? [];
  const length = wave?.duration ?? answer.audio?.duration_s ?? timeline.at(-1)?.end;
  if (!length) return null;
  const overall = answer.unknown ? "unknown" : answer.emotion;
  const emotionAt = (share) => timeline.find(({ start, end }) => share * length >= start && share * length < end)?.emotion ?? overall;
  const seek = (time) => {
    player.currentTime = time;
    player.play();
  };

  const canvas = make("canvas", { role: "img", "aria-label": `Waveform, ${seconds(length)}, coloured by emotion` });
  canvas.addEventListener("click", (event) => seek((event.offsetX / canvas.clientWidth) * length));
  const segments = timeline.map((segment) => piece(segment, length, "segment", capital(segment.emotion),
    `Play ${segment.emotion}, ${seconds(segment.start)} to ${seconds(segment.end)}, ${percent(segment.confidence)} sure`, seek));
  const spoken = words.map((word) => piece(word, length, "word", word.word.trim(),
    `Play “${word.word.trim()}”${word.emotion ? `, ${word.emotion}` : ""}, at ${seconds(word.start)}`, seek));
  const cursor = make("i", { class: "cursor" });
  const lanes = make("div", { class: "lanes", "--width": `${Math.min(length * PIXELS_A_SECOND, WIDEST)}px` },
    wave ? make("div", { class: "wave" }, canvas) : make("p", { class: "faint", text: "This browser cannot draw this format." }),
    segments.length ? group("Segments", "segments", segments) : null,
    spoken.length ? group("Words", "words", spoken) : null,
    cursor);
  const clock = make("span", { class: "faint" });
  follow(player, length, cursor, clock, [...segments, ...spoken]);

  const draw = () => {
    if (wave) paint(canvas, wave.peaks, emotionAt);
    layOut(spoken);
  };
  new ResizeObserver(draw).observe(lanes.firstElementChild);
  const repaint = () => (lanes.isConnected ? draw() : document.removeEventListener("themechange", repaint));
  document.addEventListener("themechange", repaint);
  const text = !spoken.length && answer.transcript?.text;
  return make("div", { class: "track" },
    make("div", { class: "scroll" }, lanes),
    make("div", { class: "transport" }, playButton(player), clock),
    text ? make("blockquote", { text }) : null);
}
