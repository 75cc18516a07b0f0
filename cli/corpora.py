"""`undertone corpora`: bring speech and text in."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import err, out
from cli.options import Corpus, ParamsFile, Profile, Set, settings

app = typer.Typer(help="Bring speech and text in: ingest, listen, check.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Name the corpora that can be read."""
    from undertone.corpora.adapters import ADAPTERS

    for name, adapter in sorted(ADAPTERS.items()):
        out.print(f"[bold]{name:<12}[/] {(adapter.__doc__ or '').splitlines()[0]}")


@app.command()
def ingest(
    to: Annotated[Path, typer.Option("--out", help="The corpus folder to write.")],
    corpus: Corpus = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Read, check and split a corpus; refused rows go to rejects.csv with their reasons."""
    from undertone.corpora import ingest

    report = ingest(settings(profile, params, corpus, overrides), to)
    err.print(f"{report.utterances} utterances, {report.rejects} refused → {to}")


@app.command()
def hear(
    corpus: Annotated[Path, typer.Argument(help="A corpus folder.")],
    to: Annotated[Path, typer.Option("--out", help="The heard folder to write.")],
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Listen to every utterance once: transcript, word times and acoustic states."""
    from undertone.speech import hear

    hear(corpus, settings(profile, params, None, overrides), to)
    err.print(f"heard → {to}")


@app.command()
def shard(
    corpus: Annotated[Path, typer.Argument(help="A corpus folder.")],
    to: Annotated[str, typer.Option(help="Where to, e.g. s3://BUCKET/CORPUS, or a folder.")],
    shard_mb: Annotated[int, typer.Option(min=1, help="Megabytes of a shard, at most.")] = 500,
) -> None:
    """Pack a corpus into tar shards that training streams; run again, it goes on where it was."""
    from undertone.shards.packing import pack

    shards = pack(corpus, to, shard_mb * 1_000_000)
    err.print(f"{len(shards)} shards, {sum(one.size for one in shards) / 1e6:,.0f} MB → {to}")


@app.command()
def fetch(
    shards: Annotated[list[str], typer.Argument(help="Where it was packed; several are joined.")],
    to: Annotated[Path, typer.Option("--out", help="The corpus folder to write.")],
) -> None:
    """Bring a packed corpus here: its manifest, while the recordings stay in their shards."""
    from undertone.shards.fetching import fetch_corpus

    err.print(f"{fetch_corpus(shards, to)} utterances → {to}")


@app.command()
def show(corpus: Annotated[Path, typer.Argument(help="A corpus folder.")]) -> None:
    """Count a corpus folder's utterances by emotion and split."""
    from rich.table import Table

    from undertone.manifest import read_manifest

    frame = read_manifest(corpus)
    counts = frame.assign(split=frame["split"].fillna("none")).pivot_table(
        index="emotion", columns="split", values="utterance_id", aggfunc="count", fill_value=0
    )
    table = Table("emotion", *map(str, counts.columns), title=str(corpus))
    for emotion, row in counts.iterrows():
        table.add_row(str(emotion), *(str(int(value)) for value in row))
    table.add_section()
    table.add_row("all", *(str(int(value)) for value in counts.sum()))
    out.print(table)
