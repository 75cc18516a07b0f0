import { make } from "./dom.js";

const KEY = "undertone-key";

/** What the service says when it refuses: its envelope, as an error. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.message ?? `The service answered ${status}.`);
    this.hint = problem.hint;
    this.requestId = problem.request_id;
  }
}

export const key = () => sessionStorage.getItem(KEY) ?? "";

export function keepKey(input) {
  input.value = key();
  input.form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", () => sessionStorage.setItem(KEY, input.value.trim()));
}

async function reach(path, request = {}) {
  const headers = { ...request.headers, ...(key() && { Authorization: `Bearer ${key()}` }) };
  const response = await fetch(path, { ...request, headers }).catch(() => {
    throw new Refused(0, { message: "The service cannot be reached.", hint: "Is it still running? Then try again." });
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Refused(response.status, body.error ?? {});
}

export const ask = async (path, request) => (await reach(path, request)).json();

export const fetchFile = async (path) => (await reach(path)).blob();

export const tell = (path, body) =>
  ask(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

/** Show a refusal in words: what was wrong, and what to do. */
export function explain(box, error) {
  box.replaceChildren(
    make("strong", { text: error.message }),
    error.hint ? make("span", { text: error.hint }) : "",
    error.requestId ? make("small", { text: `Request ${error.requestId}` }) : "",
  );
  box.hidden = false;
}
