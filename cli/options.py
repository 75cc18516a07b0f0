"""Options that several commands share."""

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from undertone.errors import ConfigError

if TYPE_CHECKING:
    from undertone.config import Params

Profile = Annotated[str | None, typer.Option(help="Settings to start from: demo, base or large.")]
ParamsFile = Annotated[
    Path | None, typer.Option("--params", help="Settings file. Default: params.yaml if present.")
]
Corpus = Annotated[
    str | None,
    typer.Option(
        help="NAME=PATH, e.g. emodb=DIR or emodb=s3://BUCKET/DIR, or NAME alone, e.g. generated."
    ),
]
Corpora = Annotated[
    list[str] | None,
    typer.Option("--corpus", help="NAME=PATH; may be repeated for --protocol cross-corpus."),
]
By = Annotated[
    str,
    typer.Option(
        default_factory=getpass.getuser, show_default="you", help="Who does it, for the audit."
    ),
]
Set = Annotated[list[str] | None, typer.Option("--set", help="section.key=value; may be repeated.")]


def settings(
    profile: str | None = None,
    params: Path | None = None,
    corpus: str | None = None,
    overrides: list[str] | None = None,
) -> "Params":
    """The settings that the shared options describe."""
    from undertone.config import load_params

    if params is None and Path("params.yaml").is_file():
        params = Path("params.yaml")
    return load_params(params, profile=profile, overrides=[*_corpus(corpus), *(overrides or [])])


def _corpus(text: str | None) -> list[str]:
    from undertone.remote import is_remote

    if text is None:
        return []
    name, _, path = text.partition("=")
    if not name:
        raise ConfigError(f"'{text}' names no corpus. Write NAME=PATH, e.g. emodb=DIR.")
    found = [f"corpus.name={name}"]
    if path:
        place = path if is_remote(path) else str(Path(path).expanduser().resolve())
        found.append(f"corpus.path={json.dumps(place, ensure_ascii=False)}")
    return found
