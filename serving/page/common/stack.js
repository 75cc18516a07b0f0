import { draw } from "./dom.js";
import { shape } from "./emotions.js";

const FULL = 100;

function markAt(emotion, x, y) {
  return draw("svg", { x: `${x}%`, y: `${y}%`, overflow: "visible" },
    draw("path", { class: "on-tone", d: shape(emotion), "fill-rule": "evenodd", transform: "translate(-5.5 -5.5) scale(.69)" }));
}

/**
 * Columns of stacked shares, drawn so that they stretch with the page.
 *
 * columns: [{ start, end, parts: [[emotion, share]], title }], start and end as shares of the width,
 * the shares of a column adding up to at most 1.
 */
export function stack(columns, label) {
  const plot = draw("svg", { class: "stack", role: "img", "aria-label": label });
  for (const { start, end, parts, title } of columns) {
    const column = draw("g", {}, draw("title", { text: title }));
    const [left, width] = [start * FULL, (end - start) * FULL];
    let top = FULL;
    for (const [emotion, share] of parts) {
      const height = share * FULL;
      top -= height;
      column.append(draw("rect", { class: "tone", "data-emotion": emotion, x: `${left}%`, y: `${top}%`, width: `${width}%`, height: `${height}%` }));
      if (height > 8 && width > 3) column.append(markAt(emotion, left + width / 2, top + height / 2));
    }
    plot.append(column);
  }
  return plot;
}
