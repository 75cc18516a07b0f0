import { make, moment, table } from "../common/dom.js";

/** Unweighted average recall with its interval. */
export function uar({ uar: value, uar_low: low, uar_high: high }) {
  if (value === undefined) return "";
  return low === undefined ? value.toFixed(3) : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

export function championHistory({ moves, rollback }) {
  if (!moves.length) return [make("p", { class: "faint", text: "There has been no champion yet: undertone run training." })];
  const rows = moves.map((move) => [
    moment(move.moved_at),
    make("code", { text: move.tag }),
    move.is_rollback ? "Rolled back" : "Promoted",
    move.reason,
    uar(move.metrics),
  ]);
  return [
    table("Champions, newest first", ["When", "Model", "Move", "Why", "UAR on test"], rows),
    rollback
      ? make("p", {}, "To go back to ", make("code", { text: rollback.to }), ": ", make("kbd", { text: rollback.command }))
      : make("p", { class: "faint", text: "There is no earlier champion to go back to." }),
  ];
}
