// Live speech by the WebSocket of node 22 or newer, or of a browser.
//   node examples/stream.mjs recording.wav [ws://127.0.0.1:3000]     (16 kHz, mono, PCM16)
import { readFile } from "node:fs/promises";

const FRAME_BYTES = 3200; // 100 ms
const HEADER_BYTES = 44;

if (typeof WebSocket === "undefined") {
  console.error("This node has no WebSocket: take 22, or 20 with --experimental-websocket.");
  process.exit(1);
}
const [recording, url = "ws://127.0.0.1:3000"] = process.argv.slice(2);
const pcm = (await readFile(recording)).subarray(HEADER_BYTES);
const key = process.env.UNDERTONE_KEY;
const socket = new WebSocket(`${url}/stream`, key ? ["undertone", `bearer.${key}`] : []);
let heard = 0;

socket.onopen = () =>
  socket.send(JSON.stringify({ type: "start", role: "customer", purpose: "service_quality" }));

socket.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  if (event.type === "ready") speak(event.ahead_seconds);
  if (event.type === "listening") heard = event.seconds;
  if (event.type === "provisional") console.log(`so far: ${event.emotion}`);
  if (event.type === "final") {
    console.log(`${event.start} to ${event.end} s: ${event.emotion}`, event.prediction_id);
  }
  if (event.type === "error") console.error(event.error.message);
  if (event.type === "done") console.log(`${event.utterances} utterances`);
};
socket.onclose = ({ code }) => process.exit(code === 1000 ? 0 : 1);

async function speak(aheadSeconds) {
  for (let number = 0; number * FRAME_BYTES < pcm.length; number += 1) {
    while (number / 10 - heard > aheadSeconds) await new Promise((go) => setTimeout(go, 50));
    const samples = pcm.subarray(number * FRAME_BYTES, (number + 1) * FRAME_BYTES);
    const frame = new Uint8Array(4 + samples.length);
    new DataView(frame.buffer).setUint32(0, number, true);
    frame.set(samples, 4);
    socket.send(frame);
  }
  socket.send(JSON.stringify({ type: "end" }));
}
