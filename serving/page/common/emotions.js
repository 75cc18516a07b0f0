import { capital, draw, make } from "./dom.js";

/** One mark an emotion, so that colour never stands alone. Colours are in style/theme.css. */
const MARKS = {
  anger: "M8 1 15.5 14.5H.5Z",
  boredom: "M.5 5.5H15.5V10.5H.5Z",
  calm: "M8 1A7 7 0 1 1 8 15 7 7 0 1 1 8 1Z",
  disgust: "M3.3.8 8 5.5 12.7.8 15.2 3.3 10.5 8 15.2 12.7 12.7 15.2 8 10.5 3.3 15.2.8 12.7 5.5 8 .8 3.3Z",
  fear: "M8 .3 15.7 8 8 15.7.3 8Z",
  happiness: "M8 .3 10.3 5.5 15.9 6 11.7 9.8 12.9 15.3 8 12.4 3.1 15.3 4.3 9.8.1 6 5.7 5.5Z",
  neutral: "M8 1A7 7 0 1 1 8 15 7 7 0 1 1 8 1ZM8 4.5A3.5 3.5 0 1 0 8 11.5 3.5 3.5 0 1 0 8 4.5Z",
  sadness: "M8 15 .5 1.5H15.5Z",
  surprise: "M5.5.8H10.5V5.5H15.2V10.5H10.5V15.2H5.5V10.5H.8V5.5H5.5Z",
  unknown: "M1 1H15V15H1ZM4 4V12H12V4Z",
};
const OTHER = "M1.5 1.5H14.5V14.5H1.5Z";

export const shape = (emotion) => MARKS[emotion] ?? OTHER;

export const mark = (emotion) =>
  draw("svg", { class: "mark", viewBox: "0 0 16 16", "aria-hidden": "true", "data-emotion": emotion },
    draw("path", { d: shape(emotion), "fill-rule": "evenodd" }));

export const named = (emotion) => make("span", { class: "named" }, mark(emotion), make("span", { text: capital(emotion) }));

export const ranked = (distribution) => Object.entries(distribution).sort((a, b) => b[1] - a[1]);

export const legend = (emotions) => make("ul", { class: "legend", "aria-label": "Emotions" }, ...emotions.map((emotion) => make("li", {}, named(emotion))));

/** The colours of emotions as the theme has them now, for a canvas. */
export function coloursOf(host) {
  const probe = host.appendChild(make("i", { class: "unseen tone" }));
  const seen = {};
  const colour = (emotion) => {
    if (!(emotion in seen)) {
      probe.dataset.emotion = emotion;
      seen[emotion] = getComputedStyle(probe).color;
    }
    return seen[emotion];
  };
  return { colour, done: () => probe.remove() };
}
