import { capital, make, percent, rove, seconds } from "../common/dom.js";
import { mark } from "../common/emotions.js";
import { heard } from "./explain.js";
import { layOut } from "./lane.js";
import { Player } from "./player.js";
import { paint, peaksOf } from "./waveform.js";

const PEAKS_A_SECOND = 60;
const [FEWEST_PEAKS, MOST_PEAKS] = [120, 6000];
const PIXELS_A_SECOND = 64;
const WIDEST = 16000;

function piece(item, kind, text, label, player) {
  return make("button", {
    type: "button", class: kind, title: label, "aria-label": label, "data-start": item.start, "data-end": item.end,
    "data-emotion": item.emotion, "--start": item.start / player.length, "--length": (item.end - item.start) / player.length,
    onclick: () => player.from(item.start),
  }, item.emotion ? mark(item.emotion) : null, make("span", { text }));
}

const segmentPiece = (player) => (segment) => piece(segment, "segment", capital(segment.emotion),
  `Play ${segment.emotion}, ${seconds(segment.start)} to ${seconds(segment.end)}, ${percent(segment.confidence)} sure`, player);

const wordPiece = (player) => (word) => piece(word, "word", word.word.trim(),
  `Play “${word.word.trim()}”${word.emotion ? `, ${word.emotion}` : ""}, at ${seconds(word.start)}`, player);

function lane(label, kind, pieces) {
  if (!pieces.length) return null;
  const group = make("div", { class: `lane ${kind}`, role: "group", "aria-label": label }, ...pieces);
  rove(group, pieces);
  return group;
}

function waveform(wave, player) {
  if (!wave) return make("p", { class: "faint", text: "This browser cannot draw this format." });
  const canvas = make("canvas", { role: "img", "aria-label": `Waveform, ${seconds(player.length)}, coloured by emotion` });
  canvas.addEventListener("click", (event) => player.from((event.offsetX / canvas.clientWidth) * player.length));
  return make("div", { class: "wave" }, canvas);
}

/** Draw again when the width or the theme changes, for as long as `place` is on the page. */
function whenever(place, draw) {
  new ResizeObserver(draw).observe(place);
  const repaint = () => (place.isConnected ? draw() : document.removeEventListener("themechange", repaint));
  document.addEventListener("themechange", repaint);
}

/** The recording: its waveform, its segments and its words, one above the other on one scale of time. */
export async function track(answer, clip) {
  const expected = Math.round((answer.audio?.duration_s ?? 0) * PEAKS_A_SECOND);
  const wave = await peaksOf(clip, Math.min(Math.max(expected, FEWEST_PEAKS), MOST_PEAKS));
  const timeline = (heard(answer) && answer.timeline) || [];
  const length = wave?.duration ?? answer.audio?.duration_s;
  if (!length) return null;

  const player = new Player(clip, length);
  const segments = timeline.map(segmentPiece(player));
  const words = (answer.transcript?.words ?? []).map(wordPiece(player));
  player.pieces = [...segments, ...words];
  const drawn = waveform(wave, player);
  const emotionAt = (share) => timeline.find(({ start, end }) => share * length >= start && share * length < end)?.emotion ?? answer.emotion;
  whenever(drawn, () => {
    if (wave) paint(drawn.firstElementChild, wave.peaks, emotionAt);
    layOut(words);
  });
  return make("div", { class: "track" },
    make("div", { class: "scroll" },
      make("div", { class: "lanes", "--width": `${Math.min(length * PIXELS_A_SECOND, WIDEST)}px` },
        drawn, lane("Segments", "segments", segments), lane("Words", "words", words), player.cursor)),
    make("div", { class: "transport" }, player.button, player.clock, player.audio),
    !words.length && answer.transcript?.text ? make("blockquote", { text: answer.transcript.text }) : null);
}
