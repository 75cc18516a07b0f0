"""`undertone forget`: delete what is kept of a speaker, or for too long."""

from typing import Annotated

import typer

from cli.console import err
from cli.options import By, ParamsFile, Profile, settings
from undertone.errors import ConfigError


def forget(
    by: By,
    speaker: Annotated[str | None, typer.Option(help="The pseudonym of a speaker.")] = None,
    expired: Annotated[
        bool, typer.Option("--expired", help="What is older than serving.retention_days.")
    ] = False,
    profile: Profile = None,
    params: ParamsFile = None,
) -> None:
    """Delete predictions with their feedback, text and audio, and jobs. Run it where these lie."""
    from monitoring.store import Store
    from serving.retention import forget_expired, forget_speaker

    if (speaker is None) != expired:
        raise ConfigError("Say either --speaker ID or --expired.")
    if speaker is None:
        days = settings(profile, params).serving.retention_days
        forgotten = forget_expired(Store(), days, by=by)
    else:
        forgotten = forget_speaker(Store(), speaker, by=by)
    err.print(
        f"Forgotten: {forgotten.predictions} predictions, {forgotten.feedback} feedback, "
        f"{forgotten.recordings} recordings, {forgotten.jobs} jobs."
    )
