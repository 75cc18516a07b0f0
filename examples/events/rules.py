"""Rules as a YAML file has them: when what is heard, then what is done."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import rule_engine
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from examples.events.facts import Facts
from examples.events.lines import read
from undertone.use import Purpose, Role

_FACTS = rule_engine.Context(
    type_resolver=rule_engine.type_resolver_from_dataclass(Facts),
    resolver=rule_engine.resolve_attribute,
)


def _compiled(text: object) -> rule_engine.Rule:
    """A condition, parsed and its types checked; nothing of Python is ever run."""
    if not isinstance(text, str):
        raise ValueError(f"a condition is text, not {text!r}.")  # noqa: TRY004 - pydantic's error
    try:
        return rule_engine.Rule(text, context=_FACTS)
    except rule_engine.SymbolResolutionError as error:
        hint = f" Did you mean {error.suggestion!r}?" if error.suggestion else ""
        raise ValueError(f"{error.message} in {text!r}.{hint}") from error
    except rule_engine.EngineError as error:
        raise ValueError(f"{error.message} in {text!r}.") from error


Condition = Annotated[rule_engine.Rule, BeforeValidator(_compiled)]
Scene = dict[str, str | bool | int | float]


class Rule(BaseModel):
    """One rule.

    Attributes:
        name: what the display calls it.
        when: condition under which it begins.
        until: condition under which it ends; without it, as soon as `when` no longer holds. What
            lies between the two changes nothing, so that a mood at the border does not flicker.
        events: how many events in a row must agree before it begins or ends.
        then: what is done: names and values that the application knows.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, frozen=True)

    name: str = Field(min_length=1, max_length=60)
    when: Condition
    until: Condition | None = None
    events: int = Field(2, ge=1, le=50)
    then: Scene

    def begins(self, facts: Facts) -> bool:
        """Whether an event speaks for its beginning."""
        return bool(self.when.matches(facts))

    def ends(self, facts: Facts) -> bool:
        """Whether an event speaks for its end."""
        return bool(self.until.matches(facts)) if self.until else not self.begins(facts)


class Rulebook(BaseModel):
    """A file of rules, the first of which goes before the others.

    Attributes:
        role: who speaks, as the service is told.
        purpose: what the emotion is inferred for, as the service is told.
        provisional: whether an utterance counts while it is still being spoken, by its voice
            alone: sooner, and noisier.
        stay_seconds: how long a scene lasts at least.
        otherwise: the scene where no rule applies.
        rules: in the order of their importance.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    purpose: Purpose
    provisional: bool = False
    stay_seconds: float = Field(0.0, ge=0, le=3600)
    otherwise: Scene = Field(default_factory=dict)
    rules: list[Rule] = Field(min_length=1, max_length=100)

    @field_validator("rules")
    @classmethod
    def _named_once(cls, rules: list[Rule]) -> list[Rule]:
        counts = Counter(rule.name for rule in rules)
        if twice := [name for name, count in counts.items() if count > 1]:
            raise ValueError(f"two rules are called {', '.join(twice)}.")
        return rules


def load(path: Path) -> Rulebook:
    """Read a file of rules.

    Raises:
        ConfigError: it cannot be used; file and line stand in the message.
    """
    return read(path, Rulebook)
