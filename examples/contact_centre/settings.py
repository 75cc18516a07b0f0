"""The settings of the example, from `settings.yaml`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from examples.events.lines import read
from undertone.use import PROTECTED, Purpose, Role

HERE = Path(__file__).parent


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Policy(Section):
    """Whose speech is sent to the service.

    Attributes:
        channels: who is on which channel of a call.
        heard: who is judged; nobody else's speech is sent.
        purpose: what the emotion is for.
        consent: whether the customer agreed to words and audio being kept.
    """

    channels: tuple[Role, Role]
    heard: Role
    purpose: Purpose
    consent: bool = False

    @model_validator(mode="after")
    def _protects_agents(self) -> "Policy":
        if self.heard in PROTECTED:
            raise ValueError(
                f"the emotions of an {self.heard} must not be inferred: the European AI Act, "
                "Article 5(1)(f), prohibits it at work. Let 'heard' be customer."
            )
        if self.channels.count(self.heard) != 1:
            raise ValueError(f"'channels' must name {self.heard} once: the others are never sent.")
        return self

    @property
    def channel(self) -> int:
        """The number of the one channel that is sent."""
        return self.channels.index(self.heard)


class EscalationRule(Section):
    """When a supervisor is called.

    Attributes:
        utterances: over which the means are taken.
        negative: their mean share of the negative emotions from which it is.
        valence: their mean valence down from which it is.
        calm: the negative share below which the alert ends.
        emotions: the negative ones.
    """

    utterances: int = Field(ge=1, le=50)
    negative: float = Field(gt=0, le=1)
    valence: float = Field(ge=-1, le=1)
    calm: float = Field(ge=0, le=1)
    emotions: tuple[str, ...]


class SummaryRule(Section):
    """How the arc of a call is drawn.

    Attributes:
        utterances: over which the arc is a mean.
        turn: how prominent a high or low of it is, in valence, to count as a turning point.
    """

    utterances: int = Field(ge=1, le=50)
    turn: float = Field(gt=0, le=2)


class ReplyRule(Section):
    """How a template is chosen.

    Attributes:
        least: probability of its emotions together from which it may be.
        weight: of that probability; that of the similarity is the rest to 1.
    """

    least: float = Field(ge=0, le=1)
    weight: float = Field(ge=0, le=1)


class Settings(Section):
    """All of them."""

    policy: Policy
    escalation: EscalationRule
    summary: SummaryRule
    replies: ReplyRule


def load(path: Path = HERE / "settings.yaml") -> Settings:
    """Read the settings.

    Raises:
        ConfigError: they cannot be used; file and line stand in the message.
    """
    return read(path, Settings)
