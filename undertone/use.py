"""Whose emotion is inferred, and what for: the words in which every use is declared.

Inferring the emotions of people at work or in education is prohibited in the European Union,
except for medical or safety reasons: Regulation (EU) 2024/1689 (AI Act), Article 5(1)(f).
"""

from enum import StrEnum
from typing import TypeVar

from undertone.errors import UndertoneError

Word = TypeVar("Word", bound=StrEnum)


class Role(StrEnum):
    """Who speaks, in their relation to the operator."""

    CUSTOMER = "customer"
    CALLER = "caller"
    PATIENT = "patient"
    PARTICIPANT = "participant"  # in a study
    VIEWER = "viewer"
    PLAYER = "player"
    AGENT = "agent"
    EMPLOYEE = "employee"
    CANDIDATE = "candidate"
    PUPIL = "pupil"
    STUDENT = "student"


class Purpose(StrEnum):
    """What the emotion is inferred for."""

    SERVICE_QUALITY = "service_quality"
    RESEARCH = "research"
    HEALTH = "health"
    SAFETY = "safety"
    ACCESSIBILITY = "accessibility"
    ENTERTAINMENT = "entertainment"
    EDUCATION = "education"


class Basis(StrEnum):
    """The reasons that the AI Act accepts for people at work or in education."""

    MEDICAL = "medical"
    SAFETY = "safety"


PROTECTED = frozenset({Role.AGENT, Role.EMPLOYEE, Role.CANDIDATE, Role.PUPIL, Role.STUDENT})
COVERED = {
    Basis.MEDICAL: frozenset({Purpose.HEALTH, Purpose.RESEARCH, Purpose.ACCESSIBILITY}),
    Basis.SAFETY: frozenset({Purpose.SAFETY, Purpose.RESEARCH}),
}


def choose(kind: type[Word], word: str, name: str) -> Word:
    """The member of a list of words that a caller wrote.

    Args:
        kind: the list.
        word: what was written.
        name: of the field, for the error.

    Raises:
        UndertoneError: it is not in the list.
    """
    try:
        return kind(word.strip().lower())
    except ValueError:
        known = ", ".join(kind)
        raise UndertoneError(f"{name} must be one of {known}, not {word!r:.60}.") from None
