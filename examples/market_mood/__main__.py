"""python -m examples.market_mood: follow a stream, replay what was judged, make a stream to try."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from examples.common.service import key
from examples.events.terminal import SERVICE, Url, command
from examples.market_mood import board, sample, settings, simulation
from examples.market_mood.alerts import Alert
from examples.market_mood.items import Item, Judged, read
from examples.market_mood.judging import Judge
from examples.market_mood.settings import Settings
from examples.market_mood.watch import Watch
from serving.client import AsyncClient
from undertone.errors import UndertoneError
from undertone.files import write_json

Rules = Annotated[Path, typer.Option("--settings", help="Topics, polarity, limits.")]
RULES = settings.HERE / "settings.yaml"

app = typer.Typer(help="The mood of a market on Undertone.", no_args_is_help=True)


@app.command()
def follow(
    stream: Annotated[Path, typer.Argument(help="A recorded stream, JSONL.")],
    out: Annotated[Path, typer.Option(help="Takes what was judged, alerts, the board.")],
    url: Url = SERVICE,
    rules: Rules = RULES,
) -> None:
    """Judge a stream, and tell of surges as their windows end."""
    out.mkdir(parents=True, exist_ok=True)
    limits = settings.load(rules)
    asyncio.run(_judge(stream, out / "judged.jsonl", url, limits))
    alerts = _watch(out / "judged.jsonl", out, limits)
    write_json(out / "alerts.json", _as_json(alerts))


@app.command()
def replay(
    out: Annotated[Path, typer.Argument(help="The folder that 'follow' wrote.")],
    rules: Rules = RULES,
) -> None:
    """Watch again what was judged, and see that each alert is the same."""
    alerts = _watch(out / "judged.jsonl", out, settings.load(rules))
    try:
        before = json.loads((out / "alerts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UndertoneError(f"{out / 'alerts.json'} cannot be read: {error}") from error
    if _as_json(alerts) != before:
        raise UndertoneError(
            f"The alerts are not those of {out / 'alerts.json'}: {len(alerts)} now, {len(before)} "
            "then. Were the settings changed, or judged.jsonl?"
        )
    typer.echo(f"{len(alerts)} alerts, each the same as before")


@app.command("false-alarms")
def false_alarms(
    months: Annotated[int, typer.Option(min=1, help="To simulate.")] = 20, rules: Rules = RULES
) -> None:
    """How many false alarms there are in simulated months in which nothing is wrong."""
    limits = settings.load(rules)
    found = simulation.alarms(limits, months)
    allowed = limits.false_alarms_per_30_days
    typer.echo(f"{found:.2f} false alarms in 30 days, over {months} months; stated: {allowed:g}")


@app.command("sample")
def make_sample(out: Annotated[Path, typer.Argument(help="The folder to write.")]) -> None:
    """Write a stream to try the example on."""
    typer.echo(sample.write(out))


async def _judge(stream: Path, to: Path, url: str, rules: Settings) -> None:
    async with AsyncClient(url, key=key()) as client:
        judge = Judge(client, rules, stream.parent)
        with to.open("w", encoding="utf-8") as file:
            async for judged in judge.judge(read(stream, Item)):
                file.write(judged.model_dump_json() + "\n")
    typer.echo(f"judged → {to}; {judge.unknown} named no emotion and are left out")


def _watch(judged: Path, out: Path, rules: Settings) -> list[Alert]:
    items, watch = list(read(judged, Judged)), Watch(rules)
    for item in items:
        _tell(watch.see(item))
    _tell(watch.close())
    board.write(out, watch, items)
    return watch.alerts


def _tell(alerts: list[Alert]) -> None:
    for alert in alerts:
        typer.echo(str(alert))


def _as_json(alerts: list[Alert]) -> list[dict[str, object]]:
    return [alert.model_dump(mode="json") for alert in alerts]


if __name__ == "__main__":
    command(app)
