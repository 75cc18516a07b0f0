"""How the examples reach the service."""

import os


def key() -> str | None:
    """The key that the service asks for, from `UNDERTONE_KEY`; none where it asks for none."""
    return os.environ.get("UNDERTONE_KEY")
