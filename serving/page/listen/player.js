import { make, seconds } from "../common/dom.js";

/** The recording of one answer, heard from any moment, with a cursor that runs along. */
export class Player {
  constructor(clip, length) {
    this.audio = make("audio", { src: URL.createObjectURL(clip) });
    this.cursor = make("i", { class: "cursor" });
    this.length = length;
    this.pieces = [];
    this.clock = make("span", { class: "faint" });
    this.button = make("button", { type: "button", class: "play", text: "Play", onclick: () => this.#toggle() });
    for (const event of ["play", "pause"]) this.audio.addEventListener(event, () => { this.button.textContent = this.audio.paused ? "Play" : "Pause"; });
    for (const event of ["timeupdate", "playing"]) this.audio.addEventListener(event, () => this.#show());
    this.#show();
  }

  from(time) {
    this.audio.currentTime = time;
    this.audio.play();
  }

  #toggle() {
    if (this.audio.paused) this.audio.play();
    else this.audio.pause();
  }

  #show() {
    const { currentTime: now, paused } = this.audio;
    this.cursor.style.setProperty("--at", Math.min(now / this.length, 1));
    this.clock.textContent = `${seconds(now)} of ${seconds(this.length)}`;
    for (const { dataset, classList } of this.pieces) classList.toggle("now", !paused && now >= dataset.start && now < dataset.end);
    if (!paused && this.cursor.isConnected) requestAnimationFrame(() => this.#show());
  }
}
