"""One run of monitoring: the window since the last one, the verdict, the report, the request."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from monitoring.alert import send_alerts
from monitoring.evidence import Evidence
from monitoring.finding import Finding, Verdict
from monitoring.gate import DriftGate
from monitoring.reference import Reference
from monitoring.report import write_report
from monitoring.store import NotFoundError, Store, VerdictRow
from monitoring.store.tables import now
from undertone.config import DriftParams, Params
from undertone.errors import ConfigError
from undertone.files import sha256_of_file

METHOD = "betting-1"
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class MonitorReport:
    """What a run of monitoring found.

    Attributes:
        verdict: see `monitoring.finding.Verdict`.
        verdict_id: the verdict's id in the store.
        words: the verdict in words.
        report_html: the page; `report_html.json` has the same as data.
        predictions: how many the window had.
        finding: all of it.
    """

    verdict: int
    verdict_id: str
    words: str
    report_html: Path
    predictions: int
    finding: Finding

    def metrics(self) -> dict[str, float]:
        """Figures for a run's metrics."""
        return {
            "verdict": self.verdict,
            "evidence": self.finding.evidence,
            "threshold": self.finding.threshold,
            "predictions": self.predictions,
            "calls_used": self.finding.calls_used,
        }


def monitor_champion(store: Store, params: Params, out: Path) -> MonitorReport:
    """`monitor` on the champion, with its own evaluation as the reference; drift is told of.

    Raises:
        NotFoundError: there is no champion, or its evaluation is not known.
        ConfigError: the webhook's address is not one of https.
    """
    champion = store.pointer("champion")
    if champion is None:
        raise NotFoundError("There is no champion to monitor. Run the training pipeline first.")
    lineage = store.get_lineage(champion.lineage_id)
    if lineage.evaluation_uri is None:
        raise NotFoundError(f"The evaluation of {champion.tag} is not known: register it again.")
    reference = Path(lineage.evaluation_uri) / "predictions.parquet"
    report = monitor(store, champion.tag, reference=reference, params=params, out=out)
    send_alerts(store)
    return report


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

    Raises:
        ModelError: the reference cannot be used.
        ConfigError: the window overlaps one that was judged already, or has no length.
        ConflictError: another monitor judged the same champion at the same time.
    """
    known = Reference.from_parquet(reference)
    policy = policy_hash(params.drift, reference)
    window = _window(store, champion_tag, policy, since, until)
    live = store.predictions(*window, champion_tag)
    row = store.find_verdict(champion_tag, policy, *window)
    if row is None:
        gate = DriftGate(known, params.drift)
        row = _judge(
            store, gate, VerdictRow(champion=champion_tag, policy=policy), window, live, out
        )
    finding = Finding.from_json(row.details)
    frame = pd.read_parquet(reference)
    write_report(out, finding, live, frame, champion=champion_tag, window=window)
    return MonitorReport(row.verdict, row.id, finding.words, out, len(live), finding)


def policy_hash(params: DriftParams, reference: Path) -> str:
    """What verdicts must share to be comparable: method, settings and reference."""
    told = f"{METHOD} {params.model_dump_json()} {sha256_of_file(reference)}"
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
    gate: DriftGate,
    row: VerdictRow,
    window: tuple[datetime, datetime],
    live: pd.DataFrame,
    out: Path,
) -> VerdictRow:
    carried = store.gate_state(row.champion, row.policy)
    row.window_start, row.window_end = window
    if carried and row.window_start < carried.window_end:
        raise ConfigError(
            f"The window starts at {row.window_start:%F %T}, but everything before "
            f"{carried.window_end:%F %T} was judged already."
        )
    bets = len(gate.bets.channel)
    evidence = Evidence.from_json(carried.state, bets) if carried else Evidence.none(bets)
    seconds = (row.window_end - row.window_start).total_seconds()
    elapsed = seconds / SECONDS_A_DAY * gate.params.windows_per_day
    evidence, finding = gate.judge(evidence, live, elapsed)
    row.verdict, row.details = int(finding.verdict), finding.as_json()
    row.report_path = str(out)
    return store.add_verdict(
        row,
        evidence.as_json(),
        carried.window_end if carried else None,
        ask_retrain=finding.verdict >= Verdict.MIX,
    )
