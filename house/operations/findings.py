"""What a check of this deployment finds: a sentence, how bad it is, and its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError

from core.storage import describe_error


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    ADVICE = "advice"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What a check has found: a sentence, and what to do if it is not well."""

    what: str
    level: Level
    sentence: str
    remedy: str = ""


Check = Callable[[], Iterator[Finding]]


def ok(what: str, sentence: str) -> Finding:
    """Return that something is well."""
    return Finding(what, Level.OK, sentence)


def advice(what: str, sentence: str, remedy: str) -> Finding:
    """Return what could be better."""
    return Finding(what, Level.ADVICE, sentence, remedy)


def bad(what: str, sentence: str, remedy: str) -> Finding:
    """Return what has to be mended."""
    return Finding(what, Level.BAD, sentence, remedy)


def findings(checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield what these checks find."""
    for check in checks:
        try:
            yield from check()
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            yield bad(_name(check), f"The database did not answer ({reason}).", "See “database”.")
        except Exception as error:  # storages of others raise anything; the other checks go on
            yield bad(
                _name(check),
                f"This could not be looked at ({describe_error(error)}).",
                "Give this account access to MEDIA_ROOT, BACKUP_TO and VITRINE_DATA_DIR.",
            )


def _name(check: Check) -> str:
    return check.__name__.strip("_").replace("_", " ")
