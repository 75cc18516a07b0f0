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

    from monitoring.lineage import Node, chain
    from monitoring.store import Store

    def grow(tree: Tree, node: Node) -> Tree:
        for child in node.children:
            grow(tree.add(child.label), child)
        return tree

    root = chain(Store(), identifier)
    out.print(grow(Tree(root.label), root))
