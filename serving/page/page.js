const at = (id) => document.getElementById(id);
let recorder = null;
let audio = null;
let predictionId = null;

async function ask(path, request) {
  const response = await fetch(path, request);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    const { message, hint } = body.error ?? { message: `The service answered ${response.status}.` };
    throw new Error([message, hint].filter(Boolean).join(" "));
  }
  return body;
}

function make(tag, text, parent) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent.append(element);
  return element;
}

function drawBar(parent, name, share) {
  const bar = make("div", "", parent);
  bar.className = "bar";
  make("span", name, bar);
  make("i", "", bar).style.setProperty("--share", share);
  make("b", `${(share * 100).toFixed(1)} %`, bar);
}

const ranked = (distribution) => Object.entries(distribution).sort((a, b) => b[1] - a[1]);

function seen(face) {
  if (!face) return null;
  if (!face.found) return "no face in the picture";
  const [shown] = ranked(face.distribution);
  const which = face.count > 1 ? `largest of ${face.count} faces` : "face";
  return shown ? `${which} shows ${shown[0]}, ${(shown[1] * 100).toFixed(0)} %` : which;
}

function scales(dimensions) {
  if (!dimensions) return "";
  const { source, ...values } = dimensions;
  const told = Object.entries(values).map(([name, value]) => `${name} ${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`);
  return `${told.join(" · ")} (${source})`;
}

function drawCourse(parts) {
  const strip = at("course");
  strip.replaceChildren();
  strip.hidden = !parts?.length;
  if (strip.hidden) return;
  const emotions = [...new Set(parts.map((part) => part.emotion))].sort();
  for (const part of parts) {
    const piece = make("span", part.emotion, strip);
    piece.style.flexGrow = part.end - part.start;
    piece.style.setProperty("--hue", (360 * emotions.indexOf(part.emotion)) / emotions.length);
    piece.title = `${part.start.toFixed(2)}–${part.end.toFixed(2)} s: ${part.emotion}, ${(part.confidence * 100).toFixed(0)} %`;
  }
}

function show(answer) {
  predictionId = answer.prediction_id;
  at("transcript").textContent = answer.transcript?.text ?? "";
  at("transcript").hidden = !answer.transcript?.text;
  at("unknown").hidden = !answer.unknown;
  at("unknown").textContent = answer.unknown ? `No answer: ${answer.unknown}. What follows is a guess.` : "";
  at("bars").replaceChildren();
  for (const [emotion, share] of ranked(answer.distribution)) drawBar(at("bars"), emotion, share);
  at("scales").textContent = scales(answer.dimensions);
  drawCourse(answer.timeline);
  at("modalities").replaceChildren();
  for (const [modality, distribution] of Object.entries(answer.by_modality)) {
    const [emotion, share] = ranked(distribution)[0];
    drawBar(at("modalities"), `${modality}: ${emotion}`, share);
  }
  const sound = answer.audio && `${answer.audio.duration_s.toFixed(1)} s, SNR ${answer.audio.snr_db.toFixed(0)} dB`;
  const time = answer.timings_ms.total && `${answer.timings_ms.total.toFixed(0)} ms`;
  at("facts").textContent = [answer.model_tag, sound, seen(answer.face), time].filter(Boolean).join(" · ");
  at("truth").replaceChildren(...ranked(answer.distribution).map(([emotion]) => new Option(emotion)));
  at("judge").hidden = !answer.recorded;
  at("thanks").textContent = "";
  at("answer").hidden = false;
}

function take(blob, name) {
  audio = blob;
  at("audio-name").textContent = name;
  at("player").src = URL.createObjectURL(blob);
  at("player").hidden = false;
}

async function guarded(button, work) {
  at("problem").hidden = true;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    at("problem").textContent = error.message;
    at("problem").hidden = false;
  } finally {
    button.disabled = false;
  }
}

async function record() {
  if (recorder) return recorder.stop();
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const chunks = [];
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = (event) => chunks.push(event.data);
  recorder.onstop = () => {
    stream.getTracks().forEach((track) => track.stop());
    take(new Blob(chunks, { type: recorder.mimeType }), "recorded just now");
    recorder = null;
    at("record").setAttribute("aria-pressed", "false");
    at("record").textContent = "Record again";
  };
  recorder.start();
  at("record").setAttribute("aria-pressed", "true");
  at("record").textContent = "Stop";
}

async function listen() {
  const form = new FormData();
  if (audio) form.append("audio", audio, "recording");
  if (at("text").value.trim()) form.append("text", at("text").value);
  if (at("image").files[0]) form.append("image", at("image").files[0]);
  form.append("channel", "web");
  form.append("timeline", at("over-time").checked);
  show(await ask("predict", { method: "POST", body: form }));
}

async function tell() {
  const feedback = { prediction_id: predictionId, emotion: at("truth").value, source: "page" };
  const body = JSON.stringify(feedback);
  await ask("feedback", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  at("thanks").textContent = "Thank you.";
}

async function showModel() {
  const status = await ask("model").catch((error) => ({ problem: error.message }));
  at("model").textContent = status.tag ?? status.problem ?? "no champion yet";
}

at("record").onclick = () => guarded(at("record"), record);
at("audio").onchange = () => take(at("audio").files[0], at("audio").files[0].name);
at("image").onchange = () => { at("image-name").textContent = at("image").files[0].name; };
at("ask").onsubmit = (event) => { event.preventDefault(); guarded(at("send"), listen); };
at("judge").onsubmit = (event) => { event.preventDefault(); guarded(event.submitter, tell); };
showModel();
setInterval(showModel, 5000);
