"""What a part found."""

from dataclasses import dataclass, field

from benchmarks.parts import Figure


@dataclass(frozen=True)
class Found:
    """A table, the first row of which are the heads, and single figures."""

    table: list[list[str]]
    figures: list[Figure] = field(default_factory=list)
    of: str = ""  # what was measured, where a part can measure several things
