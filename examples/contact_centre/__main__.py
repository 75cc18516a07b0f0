"""python -m examples.contact_centre: hear a call, send corrections, make a call to try."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from examples.common.service import key
from examples.contact_centre import corrections, replies, sample, settings
from examples.contact_centre.conversation import Conversation
from examples.contact_centre.desk import Desk
from examples.contact_centre.summary import Summary
from examples.contact_centre.writer import EndpointWriter
from examples.events.terminal import SERVICE, Pace, Url, command
from serving.client import AsyncClient, Client
from undertone.labelling.endpoint import Endpoint

app = typer.Typer(help="A contact centre on Undertone.", no_args_is_help=True)


@app.command()
def hear(
    call: Annotated[Path, typer.Argument(help="A WAV of two channels.")],
    out: Annotated[Path, typer.Option(help="Takes the summary.")] = Path("call"),
    url: Url = SERVICE,
    pace: Pace = 1.0,
    endpoint: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible address for unseen questions.")
    ] = None,
    model: Annotated[str, typer.Option(help="The language model's name there.")] = "",
    key_variable: Annotated[
        str | None, typer.Option(help="The environment variable with its key.")
    ] = None,
) -> None:
    """Follow a call as if it were spoken now, then write its summary."""
    rules = settings.load()
    writer = EndpointWriter(Endpoint(endpoint, model, key_variable)) if endpoint else None
    proposals = replies.Replies(replies.load(), rules.replies, writer=writer)
    conversation = Conversation(rules, proposals, Desk(Console()))
    asyncio.run(_follow(conversation, url, call, pace))
    Summary(conversation.moments, conversation.alerts, rules.summary).write(out, call.name)
    typer.echo(f"{len(conversation.moments)} utterances → {out}")


@app.command()
def correct(
    table: Annotated[Path, typer.Argument(help="utterances.csv with corrections filled in.")],
    by: Annotated[str, typer.Option(help="Who corrected.")],
    url: Url = SERVICE,
) -> None:
    """Send an agent's corrections as feedback."""
    with Client(url, key=key()) as client:
        typer.echo(f"{corrections.send(client, table, by)} corrections sent")


@app.command("sample")
def make_sample(out: Annotated[Path, typer.Argument(help="The WAV to write.")]) -> None:
    """Write a call to try the example on."""
    sample.write(out)


async def _follow(conversation: Conversation, url: str, call: Path, pace: float) -> None:
    async with AsyncClient(url, key=key()) as client:
        await conversation.follow(client, call, pace)


if __name__ == "__main__":
    command(app)
