"""`undertone lineage`: where a thing came from, and what came of it."""

from typing import Annotated

import typer

from cli.console import out


def lineage(
    identifier: Annotated[
        str, typer.Argument(help="A lineage id, model tag, prediction id or verdict id.")
    ],
) -> None:
    """Print the chain: data → run → model → predictions → verdicts → retrain."""
    from rich.tree import Tree

    from monitoring.lineage import chain
    from monitoring.store import Store

    def grow(tree: Tree, node: object) -> None:
        for child in node.children:  # type: ignore[attr-defined]
            grow(tree.add(child.label), child)

    root = chain(Store(), identifier)
    tree = Tree(root.label)
    grow(tree, root)
    out.print(tree)
