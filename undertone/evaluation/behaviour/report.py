"""The suite's findings as files of an evaluation folder: JSON, a table and two pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

from undertone.evaluation.behaviour.record import (
    GROUPS,
    ROBUST,
    Behaviour,
    Finding,
    Group,
    GroupScore,
    Metric,
)
from undertone.evaluation.plots import BLUE, INK, QUIET, RED, figure, plot_groups, tidy
from undertone.files import write_json, write_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

JSON, TABLE = "behaviour.json", "behaviour.txt"
PICTURE, GROUP_PICTURE = "behaviour.png", "groups.png"
SHORT_HASH = 12


def write_behaviour(out: Path, found: Behaviour) -> None:
    """Write `behaviour.json`, `behaviour.txt`, `behaviour.png` and, of groups, `groups.png`.

    Args:
        out: an evaluation folder; its other files stay.
        found: from `stress`.
    """
    write_json(out / JSON, found.model_dump())
    write_text(out / TABLE, render_behaviour(found))
    plot_behaviour(out / PICTURE, found)
    if found.groups:
        plot_groups(
            out / GROUP_PICTURE,
            {f"{group.label}\n{_size(group)}": group.uar for group in found.groups},
            found.uar,
            title=f"UAR by group of speakers · {found.corpus}, {found.split} split",
            note=_origin(found),
        )


def render_behaviour(found: Behaviour) -> str:
    """The verdict, correctness first, then every finding with its bound."""
    lines = [
        f"{found.split} split · {found.corpus} · {found.utterances} utterances, "
        f"{found.speakers} speakers · recordings alone",
        found.verdict,
        f"UAR {found.uar}",
    ]
    for group in GROUPS:
        rows = [_row(finding) for finding in found.of_group(group)]
        if rows:
            lines.append("\n".join([f"{group}: {found.passed(group)} passed", *rows]))
    lines += [_group_table(found), _origin(found)]
    return "\n\n".join(line for line in lines if line) + "\n"


def plot_behaviour(path: Path, found: Behaviour) -> None:
    """Draw, for each change, the share of answers that stay and the change of UAR, with bounds.

    Args:
        path: the PNG to write.
        found: from `stress`.
    """
    robust = [finding for group in ROBUST for finding in found.of_group(group)]
    names = list(dict.fromkeys((finding.group, finding.name) for finding in robust))
    rows = {name: len(names) - 1 - place for place, name in enumerate(names)}
    title = f"Behaviour · {found.corpus}, {found.split} split\n{_headline(found)}"
    with figure(path, (10.5, 2.0 + 0.33 * len(names)), title, _origin(found)) as drawn:
        shares, changes = drawn.subplots(1, 2, sharey=True, width_ratios=[1.25, 1])
        _draw(shares, robust, rows, "unchanged")
        _draw(changes, robust, rows, "UAR change")
        lowest = min([0.5, *(one.value for one in robust if one.metric == "unchanged")])
        shares.set(xlabel="share of answers unchanged", xlim=(lowest - 0.05, 1.01))
        changes.set(xlabel="change of UAR")
        changes.axvline(0, color=QUIET, lw=1)
        labels = [f"{name}   ({group})" for group, name in names]
        shares.set_yticks(list(rows.values()), labels)
        shares.set_ylim(-0.7, len(names) - 0.3)
        handles = [shares.plot([], [], "o", color=color, ms=7)[0] for color in (BLUE, RED)]
        bound = shares.plot([], [], "|", color=INK, ms=13, mew=2)[0]
        drawn.legend(
            [*handles, bound],
            ["kept", "broken", "bound"],
            loc="outside upper right",
            ncols=3,
            frameon=False,
            labelcolor=INK,
            fontsize=9,
        )


def _draw(
    axes: "Axes", robust: list[Finding], rows: dict[tuple[Group, str], int], metric: Metric
) -> None:
    for finding in robust:
        if finding.metric != metric:
            continue
        row, color = rows[finding.group, finding.name], BLUE if finding.passed else RED
        axes.hlines(row, finding.bound, finding.value, color=color, lw=1.5, alpha=0.5)
        axes.plot(finding.bound, row, "|", color=INK, ms=13, mew=2)
        axes.plot(finding.value, row, "o", color=color, ms=7)
    tidy(axes)


def _headline(found: Behaviour) -> str:
    return f"UAR {found.uar} · correctness {found.passed('correctness')} tests"


def _row(finding: Finding) -> str:
    mark = "passed" if finding.passed else "FAILED"
    figures = f"{finding.value:>7.3f}  {finding.rule:<8} {mark}  n = {finding.n}"
    return f"  {finding.name:<24} {finding.metric:<17} {figures}"


def _group_table(found: Behaviour) -> str:
    rows = [f"  {group.label:<24} {group.uar!s:<22} {_size(group)}" for group in found.groups]
    kinds = [group.kind for group in found.groups]
    alone = [
        f"  {group.kind}: all are {group.name}, so there is nobody to compare them with"
        for group in found.groups
        if kinds.count(group.kind) == 1
    ]
    return "\n".join(["UAR by group of speakers", *rows, *alone]) if rows else ""


def _size(group: GroupScore) -> str:
    return f"speakers = {group.speakers}, n = {group.n}"


def _origin(found: Behaviour) -> str:
    return (
        f"splits {found.split_hash[:SHORT_HASH]} · bundle {found.bundle_hash[:SHORT_HASH]} · "
        f"seed {found.seed}"
    )
