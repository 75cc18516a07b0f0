"""The dashboard: a page that needs nothing from elsewhere, and a picture of the same."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from examples.market_mood.alerts import Alert, Window
from examples.market_mood.items import Judged
from examples.market_mood.settings import POLARITIES
from examples.market_mood.watch import Watch
from monitoring.surges import Surge
from undertone.evaluation.plots import BLUE, INK, PALE, QUIET, RED, figure, tidy
from undertone.files import write_text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 260  # of a row of the page, in pixels
COLORS = dict(zip(POLARITIES, ("#3a8f5c", "#b8c2cc", RED), strict=True))


def write(folder: Path, watch: Watch, items: Sequence[Judged]) -> None:
    """Write `board.html` and `board.png`.

    Args:
        folder: to write to.
        watch: has windows and alerts.
        items: all that was judged.
    """
    write_text(folder / "board.html", _page(watch, items))
    _draw(folder / "board.png", watch)


def _page(watch: Watch, items: Sequence[Judged]) -> str:
    from plotly.subplots import make_subplots

    topics = sorted({window.topic for window in watch.windows})
    titles = [f"{topic}: negative share" for topic in topics]
    drawn = make_subplots(
        rows=len(topics) + 2,
        cols=1,
        subplot_titles=[*titles, "Polarity by topic", "Emotion by topic"],
    )
    for row, topic in enumerate(topics, start=1):
        _add_topic(drawn, row, [one for one in watch.windows if one.topic == topic])
    for alert in watch.alerts:
        _add_alert(drawn, topics.index(alert.topic) + 1, alert)
    frame = pd.DataFrame([item.model_dump() for item in items])
    for row, column in enumerate(("polarity", "emotion"), start=len(topics) + 1):
        _add_shares(drawn, row, pd.crosstab(frame["topic"], frame[column], normalize="index"))
    drawn.update_layout(
        title="Market mood",
        height=HEIGHT * (len(topics) + 2),
        barmode="stack",
        template="simple_white",
    )
    page: str = drawn.to_html(include_plotlyjs=True, full_html=True)
    return page


def _add_topic(drawn: "Figure", row: int, windows: Sequence[Window]) -> None:
    ends = [one.end for one in windows]
    texts = [f"{one.items} items, evidence {one.evidence:.0%} of an alert" for one in windows]
    share = {"x": ends, "y": [one.negative for one in windows], "hovertext": texts}
    drawn.add_bar(**share, marker_color=PALE, showlegend=False, row=row, col=1)
    drawn.add_hline(windows[0].usual, line={"color": QUIET, "dash": "dot"}, row=row, col=1)
    drawn.add_hline(windows[0].limit, line={"color": BLUE}, row=row, col=1)
    drawn.update_yaxes(range=[0, 1.05], tickformat=".0%", row=row, col=1)


def _add_alert(drawn: "Figure", row: int, alert: Alert) -> None:
    proof = "<br>".join(f"{one.emotion}: {one.text}" for one in alert.proof)
    drawn.add_scatter(
        x=[alert.at],
        y=[1],
        mode="markers+text",
        text=[alert.surge],
        hovertext=[f"{alert}<br>{proof}"],
        textposition="middle right",
        marker={"color": RED if alert.surge is Surge.BEGINS else BLUE, "symbol": "triangle-down"},
        showlegend=False,
        row=row,
        col=1,
    )


def _add_shares(drawn: "Figure", row: int, shares: pd.DataFrame) -> None:
    for name in shares:
        drawn.add_bar(
            x=shares.index,
            y=shares[name],
            name=str(name),
            marker_color=COLORS.get(str(name)),
            row=row,
            col=1,
        )
    drawn.update_yaxes(tickformat=".0%", row=row, col=1)


def _draw(path: Path, watch: Watch) -> None:
    topics = sorted({window.topic for window in watch.windows})
    note = "share of negative stories by window; dotted: usual, blue: control limit"
    with figure(path, (8.0, 1.2 + 1.7 * len(topics)), "Market mood", note) as drawn:
        rows = drawn.subplots(len(topics), 1, sharex=True, squeeze=False)[:, 0]
        for axes, topic in zip(rows, topics, strict=True):
            windows = [one for one in watch.windows if one.topic == topic]
            ends, shares = zip(*((one.end, one.negative) for one in windows), strict=True)
            axes.bar(ends, shares, 0.4, color=PALE)
            axes.plot(ends, shares, "o", color=INK, ms=3)
            axes.axhline(windows[0].usual, color=QUIET, ls=":")
            axes.axhline(windows[0].limit, color=BLUE, lw=1)
            for alert in (one for one in watch.alerts if one.topic == topic):
                axes.axvline(alert.at, color=RED, lw=1.5)
                axes.text(alert.at, 0.9, f" {alert.surge}", color=RED, fontsize=8)
            axes.set_title(topic, loc="left", color=INK, fontsize=9)
            axes.set_ylim(-0.05, 1.05)
            axes.yaxis.set_major_formatter("{x:.0%}")
            tidy(axes)
        drawn.autofmt_xdate()
