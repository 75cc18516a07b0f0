"""What a corpus of so many hours takes, from the figures that were measured."""

import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be said of this part on the command line."""


def run(given: argparse.Namespace, command: str) -> None:
    """Print the plan."""
