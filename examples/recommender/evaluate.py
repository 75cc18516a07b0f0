"""Does mood help the recommender? python -m examples.recommender.evaluate --help."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from examples.events.terminal import command
from examples.recommender.catalogue import CATALOGUE, Catalogue, Items, load
from examples.recommender.evaluation import Found, Gain, evaluate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EFFECTS = (0.0, 2.0, 4.0, 8.0)
Users = Annotated[int, typer.Option(help="to learn from, and as many to test on", min=20)]
Controls = Annotated[int, typer.Option(help="logs without the effect to try as well", min=0)]
Picture = Annotated[Path | None, typer.Option(help="PNG to draw")]


def main(
    catalogue: Items = CATALOGUE, users: Users = 300, out: Picture = None, controls: Controls = 0
) -> None:
    """Compare the ranker with itself without mood, on logs whose effect of mood is known."""
    book = load(catalogue)
    found = [evaluate(book, effect, users) for effect in EFFECTS]
    Console().print(table_of(found))
    if out:
        draw(found, out)
    if controls:
        sure = false_gains(book, users, controls)
        print(f"A sure gain in {sure} of {controls} logs in which mood counts for nothing.")


def false_gains(book: Catalogue, users: int, controls: int) -> int:
    """How many logs without the effect show a gain in any measure, of all users, as if sure."""
    found = (evaluate(book, 0.0, users, seed) for seed in range(100, 100 + 2 * controls, 2))
    return sum(any(gain.low > 0 for gain in one.of_all) for one in found)


def table_of(found: list[Found]) -> Table:
    """A row for each measure, group of users and effect."""
    columns = "truth", "learnt", "measure", "users", "without", "with mood", "gain"
    table = Table(*columns, box=SIMPLE_HEAD)
    for one in found:
        for (measure, users), gain in one.gains.items():
            figures = f"{gain.without:.3f}", f"{gain.with_mood:.3f}", told(gain)
            table.add_row(f"{one.effect:g}", f"{one.learnt:.2f}", measure, users, *figures)
        table.add_section()
    return table


def told(gain: Gain) -> str:
    """A gain and its interval."""
    return f"{gain.gain:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"


def draw(found: list[Found], path: Path) -> None:
    """The gain over the effect that mood has in truth, with intervals, for each group of users."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    groups = list(found[0].gains)
    for axes, measure in zip(
        figure.subplots(1, 2), dict.fromkeys(name for name, _ in groups), strict=True
    ):
        axes.axhline(0, color="grey", linewidth=0.8)
        for users in [users for name, users in groups if name == measure]:
            _curve(
                axes,
                [one.effect for one in found],
                [one.gains[measure, users] for one in found],
                users,
            )
        axes.set(xlabel="what mood is worth to users in truth", ylabel=f"gain in {measure} by mood")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)


def _curve(axes: "Axes", effects: list[float], gains: list[Gain], label: str) -> None:
    sides = [[g.gain - g.low for g in gains], [g.high - g.gain for g in gains]]
    axes.errorbar(effects, [g.gain for g in gains], sides, label=label, marker="o", capsize=3)


if __name__ == "__main__":
    command(lambda: typer.run(main))
