"""The command line of a benchmark that has parts."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType


def asked(
    name: str, doc: str | None, parts: Mapping[str, ModuleType], arguments: Sequence[str] | None
) -> tuple[argparse.Namespace, str]:
    """Read which part is asked for, and how.

    Args:
        name: the package's, as after `python -m`.
        doc: what its help says.
        parts: by name, modules with a function `add_options`.
        arguments: in place of those of the command line.

    Returns:
        The options, `part` among them, and the whole command.
    """
    parser = argparse.ArgumentParser(
        name, description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    choices = parser.add_subparsers(dest="part", required=True)
    for part, module in parts.items():
        module.add_options(choices.add_parser(part, help=module.__doc__))
    told = list(sys.argv[1:] if arguments is None else arguments)
    return parser.parse_args(told), " ".join([f"python -m {name}", *told])
