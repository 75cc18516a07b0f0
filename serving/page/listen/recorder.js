const QUIETEST_DB = -60;

/** Record the microphone. `onLevel` hears how loud it is, from 0 to 1, as often as the screen is drawn. */
export async function record(onLevel) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const chunks = [];
  const recorder = new MediaRecorder(stream);
  recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));

  const measure = () => {
    if (recorder.state !== "recording") return;
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    const decibel = 10 * Math.log10(power + 1e-12);
    onLevel(Math.max(0, 1 - decibel / QUIETEST_DB));
    requestAnimationFrame(measure);
  };

  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  recorder.start();
  measure();
  return async function stop() {
    recorder.stop();
    await stopped;
    stream.getTracks().forEach((track) => track.stop());
    await context.close();
    return new Blob(chunks, { type: recorder.mimeType });
  };
}
