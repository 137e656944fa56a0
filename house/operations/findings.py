"""The result of a check of this deployment: a sentence, its severity, and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError

from core.storage import describe_error


class Level(StrEnum):
    """The severity of a finding."""

    OK = "ok"
    ADVICE = "advice"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What a check has found, and what to do about it if necessary."""

    what: str
    level: Level
    sentence: str
    remedy: str = ""


Check = Callable[[], Iterator[Finding]]


def ok(subject: str, sentence: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(subject, Level.OK, sentence)


def advice(subject: str, sentence: str, remedy: str) -> Finding:
    """Return a finding about something that could be better."""
    return Finding(subject, Level.ADVICE, sentence, remedy)


def bad(subject: str, sentence: str, remedy: str) -> Finding:
    """Return a finding about something that must be fixed."""
    return Finding(subject, Level.BAD, sentence, remedy)


def findings(checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield the findings of these checks."""
    for check in checks:
        try:
            yield from check()
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            yield bad(_name(check), f"The database did not answer ({reason}).", "See “database”.")
        except Exception as error:  # other storages raise anything; the other checks continue
            yield bad(
                _name(check),
                f"This could not be checked ({describe_error(error)}).",
                "Give this account access to MEDIA_ROOT, BACKUP_TO and VITRINE_DATA_DIR.",
            )


def _name(check: Check) -> str:
    return check.__name__.strip("_").replace("_", " ")
