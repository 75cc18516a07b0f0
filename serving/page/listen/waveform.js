import { coloursOf } from "../common/emotions.js";

const RATE = 16000;

/** The loudest sample of each of `count` equal stretches, from 0 to 1; null where this browser cannot decode the clip. */
export async function peaksOf(clip, count) {
  const context = new OfflineAudioContext(1, 1, RATE);
  const decoded = await context.decodeAudioData(await clip.arrayBuffer()).catch(() => null);
  if (!decoded) return null;
  const samples = decoded.getChannelData(0);
  const peaks = Array.from({ length: count }, (_, index) => {
    const part = samples.subarray(Math.floor((index * samples.length) / count), Math.floor(((index + 1) * samples.length) / count));
    return part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  });
  return { peaks, duration: decoded.duration };
}

/** Draw peaks as bars, each in the colour of the emotion at its time. */
export function paint(canvas, peaks, emotionAt) {
  const scale = Math.min(devicePixelRatio, 16000 / canvas.clientWidth);
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const pen = canvas.getContext("2d");
  const { colour, done } = coloursOf(canvas.parentElement);
  const loudest = Math.max(...peaks, 0.02);
  const step = canvas.width / peaks.length;
  peaks.forEach((peak, index) => {
    const height = Math.max(scale, (peak / loudest) * canvas.height * 0.94);
    pen.fillStyle = colour(emotionAt((index + 0.5) / peaks.length));
    pen.fillRect(index * step, (canvas.height - height) / 2, Math.max(step * 0.66, scale * 0.75), height);
  });
  done();
}
