// The emotion of a recording, by fetch alone: node 18 or newer, or a browser.
//   node examples/predict.mjs recording.wav [http://127.0.0.1:3000]
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const [recording, url = "http://127.0.0.1:3000"] = process.argv.slice(2);
const key = process.env.UNDERTONE_KEY;

const form = new FormData();
form.append("audio", new Blob([await readFile(recording)]), basename(recording));
form.append("role", "customer");
form.append("purpose", "service_quality");

const response = await fetch(`${url}/predict`, {
  method: "POST",
  body: form,
  headers: key ? { Authorization: `Bearer ${key}` } : {},
  signal: AbortSignal.timeout(60_000),
});
const answer = await response.json();
if (!response.ok) {
  const { code, message, hint } = answer.error;
  throw new Error([`${code}: ${message}`, hint].filter(Boolean).join(" "));
}
console.log(`${answer.emotion} (${answer.confidence.toFixed(2)})`, answer.prediction_id);
