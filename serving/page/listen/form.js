import { at, capital, percent } from "../common/dom.js";
import { ask, explain } from "../common/service.js";
import { showAnswer } from "./answer.js";
import { Clip } from "./clip.js";
import { addPolicy, offerPolicy } from "./policy.js";

const spoken = (answer) =>
  answer.unknown
    ? `The answer is unknown: ${answer.unknown}.`
    : `${capital(answer.emotion)}, ${percent(answer.confidence)} sure.`;

/** Wire the form; `onAnswer` is called after each answer. */
export function startListening(onAnswer) {
  const refuse = (error) => explain(at("problem"), error);
  const clip = new Clip(refuse);

  async function listen() {
    const form = new FormData();
    if (clip.blob) form.append("audio", clip.blob, "recording");
    if (at("text").value.trim()) form.append("text", at("text").value);
    if (at("image").files[0]) form.append("image", at("image").files[0]);
    addPolicy(form);
    form.append("channel", "web");
    form.append("timeline", "true");
    const sent = clip.blob;
    const answer = await ask("predict", { method: "POST", body: form });
    await showAnswer(answer, sent);
    at("heard").textContent = spoken(answer);
    onAnswer();
  }

  at("ask").addEventListener("submit", async (event) => {
    event.preventDefault();
    at("problem").hidden = true;
    at("send").disabled = true;
    at("send").textContent = "Listening …";
    at("heard").textContent = "";
    await listen().catch(refuse);
    at("send").textContent = "Listen";
    at("send").disabled = false;
  });
  offerPolicy().catch(refuse);
}
