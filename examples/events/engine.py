"""Which scene it is, event by event; one noisy event changes nothing."""

from collections import Counter
from dataclasses import dataclass

from examples.events.facts import Facts
from examples.events.rules import Rule, Rulebook, Scene
from undertone.abstention import UNKNOWN


@dataclass(frozen=True)
class Change:
    """A scene that begins.

    Attributes:
        at: seconds of the stream.
        rule: the rule's name, or `otherwise`.
        scene: what to do.
    """

    at: float
    rule: str
    scene: Scene


class Engine:
    """Applies a rulebook to one speaker's events, in their order."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._book = rulebook
        self._active: Rule | None = None
        self._since = float("-inf")
        self._streaks: Counter[str] = Counter()

    def see(self, facts: Facts) -> Change | None:
        """Take an event in; one whose emotion is unknown decides nothing.

        Returns:
            The scene that begins, or none.
        """
        if facts.emotion == UNKNOWN:
            return None
        self._count(facts)
        wanted = self._wanted()
        if wanted is self._active or facts.at - self._since < self._book.stay_seconds:
            return None
        self._active, self._since = wanted, facts.at
        self._streaks.clear()
        if wanted is None:
            return Change(facts.at, "otherwise", self._book.otherwise)
        return Change(facts.at, wanted.name, wanted.then)

    def _count(self, facts: Facts) -> None:
        """Count the events in a row that speak for each rule's change."""
        for rule in self._book.rules:
            agrees = rule.ends(facts) if rule is self._active else rule.begins(facts)
            self._streaks[rule.name] = self._streaks[rule.name] + 1 if agrees else 0

    def _wanted(self) -> Rule | None:
        """The first rule that is to begin, or that applies and is not to end."""
        for rule in self._book.rules:
            if (self._streaks[rule.name] >= rule.events) != (rule is self._active):
                return rule
        return None
