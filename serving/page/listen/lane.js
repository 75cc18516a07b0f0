const GAP = 4;

/** Put words where they are said, and those that would overlap into a row below. */
export function layOut(words) {
  const lane = words[0]?.parentElement;
  if (!lane) return;
  const width = lane.clientWidth;
  const ends = [];
  for (const word of words) {
    const left = Math.min(Number(word.style.getPropertyValue("--start")) * width, width - word.offsetWidth);
    const free = ends.findIndex((end) => end + GAP <= left);
    const row = free < 0 ? ends.length : free;
    ends[row] = left + word.offsetWidth;
    word.style.left = `${left}px`;
    word.style.setProperty("--row", row);
  }
  lane.style.setProperty("--rows", ends.length);
}
