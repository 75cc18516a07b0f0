"""`undertone serve`: the service."""

from typing import Annotated

import typer

from cli.options import ParamsFile, Profile


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 3000,
    profile: Profile = None,
    params: ParamsFile = None,
) -> None:
    """Serve the champion over HTTP; a newly promoted one is picked up without a restart."""
    from serving.run import serve

    serve(host=host, port=port, profile=profile, params=params)
