"""Which condition's score counts."""

from collections.abc import Collection

from undertone.corpora.adapters import BY_VOICE_ALONE
from undertone.errors import ConfigError
from undertone.evaluation.record import FUSED

WITHOUT_TEXT = "text_missing"


def choose_headline(
    conditions: Collection[str], corpora: Collection[str], wanted: str | None = None
) -> str:
    """The condition whose score counts.

    It is the fused model with all it is given, except where a corpus is among those whose speakers
    say the same sentences in every emotion (`undertone.corpora.adapters.BY_VOICE_ALONE`): there it
    is the fused model without the text, as a text branch could only learn which sentences were
    recorded.

    Args:
        conditions: those that were tested.
        corpora: names of the corpora tested on.
        wanted: a condition to take instead.

    Raises:
        ConfigError: the wanted condition was not tested.
    """
    if wanted is not None:
        if wanted not in conditions:
            raise ConfigError(
                f"'{wanted}' is no condition of this evaluation (--headline). Tested: "
                f"{', '.join(conditions)}."
            )
        return wanted
    by_voice = WITHOUT_TEXT in conditions and not BY_VOICE_ALONE.isdisjoint(corpora)
    return WITHOUT_TEXT if by_voice else FUSED
