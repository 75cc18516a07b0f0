"""Where the command line writes: results to `out`, everything else to `err`."""

from rich.console import Console

out = Console()
err = Console(stderr=True)
