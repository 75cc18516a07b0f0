"""One run of monitoring: the window since the last one, the verdict, the report, the request."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from monitoring.alert import send_alerts
from monitoring.baseline import reference_from
from monitoring.finding import Finding, Verdict
from monitoring.lookout import Lookout, Seen
from monitoring.reference import Reference, read_tested
from monitoring.report import write_report
from monitoring.store import BaselineRow, NotFoundError, Store, VerdictRow
from monitoring.store.tables import now
from monitoring.workspace import add_window
from undertone.config import DriftParams, Params, home
from undertone.errors import ConfigError
from undertone.files import sha256_of_file
from undertone.remote import at_hand

METHOD = "betting-2"
SECONDS_A_DAY = 86_400
DRAWN = 20_000  # predictions that the report's pictures are of, at most
SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class MonitorReport:
    """What a run of monitoring found.

    Attributes:
        verdict: see `monitoring.finding.Verdict`.
        verdict_id: the verdict's id in the store.
        words: the verdict in words.
        report_html: the page; `report_html.json` has the same as data.
        seen: all of it.
    """

    verdict: int
    verdict_id: str
    words: str
    report_html: Path
    seen: Seen

    @property
    def finding(self) -> Finding:
        """What was found in all traffic together."""
        return self.seen.whole

    def metrics(self) -> dict[str, float]:
        """Figures for a run's metrics."""
        return {
            "verdict": self.verdict,
            "evidence": self.finding.evidence,
            "threshold": self.finding.threshold,
            "predictions": self.seen.predictions,
            "calls_used": self.finding.calls_used,
        }


def monitor_champion(store: Store, params: Params, out: Path) -> MonitorReport:
    """`monitor` on the champion, with its own evaluation as the reference; drift is told of.

    Raises:
        NotFoundError: there is no champion, or its evaluation is not known.
        ConfigError: the webhook's address is not one of https.
    """
    tag, reference = tested_champion(store)
    report = monitor(store, tag, reference=reference, params=params, out=out)
    send_alerts(store)
    return report


def tested_champion(store: Store) -> tuple[str, Path]:
    """The champion's tag, and the predictions that its evaluation left.

    Raises:
        NotFoundError: there is no champion, or its evaluation is not known.
        RemoteError: its evaluation is on an object store and cannot be fetched.
    """
    champion = store.pointer("champion")
    if champion is None:
        raise NotFoundError("There is no champion to monitor. Run the training pipeline first.")
    lineage = store.get_lineage(champion.lineage_id)
    if lineage.evaluation_uri is None:
        raise NotFoundError(f"The evaluation of {champion.tag} is not known: register it again.")
    copy = home() / "evaluations" / lineage.lineage_id
    return champion.tag, at_hand(lineage.evaluation_uri, copy) / "predictions.parquet"


def monitor(
    store: Store,
    champion_tag: str,
    *,
    reference: Path,
    params: Params,
    out: Path,
    since: datetime | None = None,
    until: datetime | None = None,
) -> MonitorReport:
    """Judge one window of a champion's predictions, keep the verdict, draw the report.

    A window judged before keeps its verdict; only its report is drawn again. From the verdict
    "mix" on a retrain is asked for.

    Args:
        store: the operational store.
        champion_tag: whose predictions.
        reference: its evaluation's `predictions.parquet`.
        params: `drift` counts.
        out: the HTML file to write.
        since: start of the window; without it the end of the last one.
        until: its end; without it now.

    The reference is the newest baseline that somebody took, else the evaluation.

    Raises:
        ModelError: the reference cannot be used, or is another model's.
        ConfigError: the window overlaps one that was judged already, or has no length.
        ConflictError: another monitor judged the same champion at the same time.
    """
    tested, baseline = read_tested(reference), store.baseline(champion_tag)
    policy = policy_hash(params.drift, reference, baseline)
    window = _window(store, champion_tag, policy, since, until)
    judged = store.find_verdict(champion_tag, policy, *window)
    row = judged
    if row is None:
        known = Reference.from_frame(tested, str(reference))
        if baseline:
            known = reference_from(baseline.details, tested)
        row = VerdictRow(champion=champion_tag, policy=policy, report_path=str(out))
        row = _judge(store, known, params.drift, row, window)
    seen = Seen.from_json(row.details)
    if judged is None:
        add_window(seen, champion_tag, window[1])
    share = DRAWN / max(seen.predictions, 1)
    live = store.predictions(*window, champion_tag, share=share)
    write_report(out, seen, live, tested, champion=champion_tag, window=window)
    return MonitorReport(row.verdict, row.id, seen.whole.words, out, seen)


def policy_hash(params: DriftParams, reference: Path, baseline: BaselineRow | None = None) -> str:
    """What verdicts must share to be comparable: method, settings and reference."""
    told = f"{METHOD} {params.model_dump_json()} {sha256_of_file(reference)}"
    told += f" {baseline.id}" if baseline else ""
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _window(
    store: Store, champion: str, policy: str, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    carried = store.gate_state(champion, policy)
    end = until or now()
    start = since or (carried.window_end if carried else None)
    start = start or store.first_prediction_at(champion) or end
    if start > end:
        raise ConfigError(f"The window ends at {end:%F %T} before it starts at {start:%F %T}.")
    return start, end


def _judge(
    store: Store,
    reference: Reference,
    params: DriftParams,
    row: VerdictRow,
    window: tuple[datetime, datetime],
) -> VerdictRow:
    carried = store.gate_state(row.champion, row.policy)
    row.window_start, row.window_end = window
    if carried and row.window_start < carried.window_end:
        raise ConfigError(
            f"The window starts at {row.window_start:%F %T}, but everything before "
            f"{carried.window_end:%F %T} was judged already."
        )
    lookout = Lookout(reference, params, carried.state if carried else {})
    seconds = (row.window_end - row.window_start).total_seconds()
    elapsed = seconds / SECONDS_A_DAY * params.windows_per_day
    calls = store.calls(reference.emotions, reference.ranks, *window, row.champion)
    seen, state = lookout.look(calls, elapsed, _notes(store, row))
    row.verdict, row.details, row.alert = int(seen.whole.verdict), seen.as_json(), seen.alert
    return store.add_verdict(
        row,
        state,
        carried.window_end if carried else None,
        ask_retrain=seen.whole.verdict >= Verdict.MIX,
    )


def _notes(store: Store, row: VerdictRow) -> tuple[str, ...]:
    ahead = store.count_predictions(since=now() + SKEW, model_tag=row.champion)
    if not ahead:
        return ()
    return (
        f"{ahead} predictions are dated more than {SKEW.seconds // 60} minutes ahead of this "
        "clock: they count when their time comes. Let the machines agree on the time (NTP).",
    )
