import { capital, make } from "./dom.js";
import { ranked } from "./emotions.js";
import { explain, tell } from "./service.js";

/** A small form: what it really was. `done` is called when the service has taken it. */
export function feedbackForm(answer, done = () => {}) {
  const choice = make("select", { required: true },
    make("option", { value: "", text: "Choose …" }),
    ...ranked(answer.distribution).map(([emotion]) => make("option", { value: emotion, text: capital(emotion) })));
  const button = make("button", { type: "submit", text: "Send" });
  const status = make("span", { class: "thanks", role: "status" });
  const problem = make("div", { class: "problem", role: "alert", hidden: true });
  const form = make("form", { class: "feedback" },
    make("label", {}, "It was really ", choice), button, status, problem);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    button.disabled = true;
    try {
      await tell("feedback", { prediction_id: answer.prediction_id, emotion: choice.value, source: "page" });
      status.textContent = "Thank you: this teaches the next model.";
      done();
    } catch (error) {
      status.textContent = "";
      explain(problem, error);
    } finally {
      button.disabled = false;
    }
  });
  return form;
}
