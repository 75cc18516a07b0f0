import { at } from "../common/dom.js";
import { record } from "./recorder.js";

/** The clip to be heard: recorded, dropped or chosen. */
export class Clip {
  blob = null;
  #stop = null;

  constructor(refuse) {
    at("record").addEventListener("click", () => this.#toggle().catch(() => refuse(
      new Error("The microphone cannot be used. Allow it for this page, or choose a clip."))));
    at("audio").addEventListener("change", () => at("audio").files[0] && this.#take(at("audio").files[0], at("audio").files[0].name));
    this.#acceptDrops(at("drop"));
  }

  #take(blob, name) {
    this.blob = blob;
    at("audio-name").textContent = name;
    at("audio-name").hidden = false;
    URL.revokeObjectURL(at("player").src);
    at("player").src = URL.createObjectURL(blob);
    at("player").hidden = false;
  }

  async #toggle() {
    if (this.#stop) {
      const blob = await this.#stop();
      this.#stop = null;
      this.#take(blob, "Recorded just now");
    } else {
      this.#stop = await record((level) => { at("level").value = level; });
    }
    this.#show(this.#stop !== null);
  }

  #show(recording) {
    at("record").setAttribute("aria-pressed", recording);
    at("record").querySelector("span").textContent = recording ? "Stop" : "Record again";
    at("level").parentElement.hidden = !recording;
  }

  #acceptDrops(area) {
    const over = (is) => (event) => {
      event.preventDefault();
      area.classList.toggle("over", is);
    };
    area.addEventListener("dragover", over(true));
    area.addEventListener("dragleave", over(false));
    area.addEventListener("drop", (event) => {
      over(false)(event);
      const [file] = event.dataTransfer.files;
      if (file) this.#take(file, file.name);
    });
  }
}
