"""The drift report: the gate's verdict on top, Evidently's pictures of the columns below."""

import html
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from monitoring.finding import Shift, Verdict
from monitoring.lookout import Seen
from monitoring.reference import SIGNALS
from monitoring.surges import Surge
from monitoring.workspace import imported
from undertone.files import write_json, write_text

PSI = 0.1
WASSERSTEIN = 0.1
STYLE = """
.gate {font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem}
.gate h1 {font-size: 1.5rem} .gate .drift {color: #b3261e} .gate .steady {color: #1b6e3c}
.gate table {border-collapse: collapse; margin: 1rem 0}
.gate th, .gate td {padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #ddd}
.gate th:first-child, .gate td:first-child, .gate td:last-child:nth-child(4) {text-align: left}
.gate tr.moved td {font-weight: 600; color: #b3261e}
"""
PAGE = "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'></head><body></body></html>"


def write_report(
    out: Path,
    seen: Seen,
    current: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    champion: str,
    window: tuple[datetime, datetime],
) -> None:
    """Write the page, and the same as JSON beside it (`OUT.json`).

    The verdict is the gate's. Evidently draws the columns; its own scores decide nothing.

    Args:
        out: the HTML file.
        seen: what was found.
        current: the window's predictions, or some of them.
        reference: the champion's predictions on test.
        champion: its tag.
        window: start and end.
    """
    start, end = (moment.isoformat(timespec="seconds") for moment in window)
    about = {"champion": champion, "window_start": start, "window_end": end}
    page = _draw(current, reference, about)
    write_text(out, page.replace("<body>", f"<body>{_summary(seen, about)}", 1))
    write_json(out.with_name(f"{out.name}.json"), about | seen.as_json())


def _draw(current: pd.DataFrame, reference: pd.DataFrame, about: dict[str, str]) -> str:
    """Evidently's page on the columns that both frames have, or an empty page."""
    columns = [name for name in ("emotion", *SIGNALS) if _is_in_both(name, current, reference)]
    if not columns:
        return PAGE
    evidently = imported()
    drift = evidently.metrics.ValueDrift
    signals = [name for name in columns if name != "emotion"]
    definition = evidently.DataDefinition(
        categorical_columns=["emotion"], numerical_columns=signals
    )
    metrics = [
        drift(column="emotion", method="psi", threshold=PSI),
        *(drift(column=n, method="wasserstein", threshold=WASSERSTEIN) for n in signals),
    ]
    live, known = (
        evidently.Dataset.from_pandas(frame[columns].dropna().reset_index(drop=True), definition)
        for frame in (current, reference)
    )
    snapshot = evidently.Report(metrics, metadata=about).run(live, known)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "evidently.html"
        snapshot.save_html(str(path))
        return path.read_text(encoding="utf-8")


def _is_in_both(name: str, current: pd.DataFrame, reference: pd.DataFrame) -> bool:
    return all(name in frame and frame[name].notna().any() for frame in (current, reference))


def _summary(seen: Seen, about: dict[str, str]) -> str:
    finding = seen.whole
    tone = "drift" if finding.verdict >= Verdict.MIX else "steady"
    notes = (
        f"Evidence {finding.evidence:.3g}; the alarm is at {finding.threshold:.3g}. "
        f"{finding.calls_used} calls in {finding.windows_used} windows.",
        finding.promise,
        f"Reference: {finding.reference_note}",
        finding.ids_note,
        f"True mix: {finding.true_mix_note or 'estimated by undoing known confusions, above.'}",
        *seen.notes,
    )
    heading = f"Verdict {int(finding.verdict)}: {finding.words}"
    window = f"{about['champion']}, {about['window_start']} to {about['window_end']}"
    return (
        f"<style>{STYLE}</style><section class='gate'>"
        f"<h1 class='{tone}'>{html.escape(heading)}</h1><p>{html.escape(window)}</p>"
        f"{_surge(seen)}{_shift_table(finding.shifts)}{_mix_table(finding.true_mix)}"
        f"{_segment_table(seen)}"
        f"<ul>{''.join(f'<li>{html.escape(note)}</li>' for note in notes)}</ul>"
        "<p>Below: the columns as Evidently draws them. Its scores did not decide.</p></section>"
    )


def _surge(seen: Seen) -> str:
    if not seen.negative.shifts:
        return ""
    (share,) = seen.negative.shifts
    tone = "drift" if seen.surge in (Surge.BEGINS, Surge.GOES_ON) else "steady"
    told = "No surge of negative emotions."
    if seen.surge is not Surge.NONE:
        told = f"A surge of negative emotions {seen.surge}."
    figures = (
        f"{100 * share.live:.1f} % of what was said is negative, {100 * share.reference:.1f} % are "
        f"expected ({100 * share.shift:+.1f} ± {100 * share.half_width:.1f} points, "
        f"{seen.negative.calls_used} calls)."
    )
    return f"<p class='{tone}'>{html.escape(f'{told} {figures}')}</p>"


def _segment_table(seen: Seen) -> str:
    rows = [
        (
            found.verdict >= Verdict.MIX,
            (name, str(found.calls_used), str(int(found.verdict)), found.words),
        )
        for name, found in seen.segments.items()
    ]
    more = f"<p>{seen.unwatched} more segments are not watched (drift.segments).</p>"
    return _table(("segment", "calls", "verdict", ""), rows) + more * bool(seen.unwatched)


def _shift_table(shifts: Iterable[Shift]) -> str:
    rows = [
        (
            shift.moved,
            (
                shift.channel,
                f"{100 * shift.reference:.1f}",
                f"{100 * shift.live:.1f}",
                f"{100 * shift.shift:+.1f} ± {100 * shift.half_width:.1f}",
                f"±{100 * shift.band:.1f}",
                f"{shift.calls_needed or 'not visible'}",
            ),
        )
        for shift in shifts
    ]
    head = ("share or mean rank, %", "expected", "live", "shift, 95 %", "band", "calls to alarm")
    return _table(head, rows)


def _mix_table(mix: dict[str, tuple[float, float, float]]) -> str:
    rows = [
        (False, (emotion, f"{100 * share:.1f}", f"{100 * low:.1f} to {100 * high:.1f}"))
        for emotion, (share, low, high) in mix.items()
    ]
    return _table(("true emotion", "share, %", "90 % interval"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[bool, tuple[str, ...]]]) -> str:
    if not rows:
        return ""
    body = "".join(
        f"<tr{' class=moved' if moved else ''}>{_cells('td', cells)}</tr>" for moved, cells in rows
    )
    return f"<table><tr>{_cells('th', head)}</tr>{body}</table>"


def _cells(tag: str, cells: tuple[str, ...]) -> str:
    return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
