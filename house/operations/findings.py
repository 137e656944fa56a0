"""Runs the checks of this deployment: Django's messages, about a subject (`obj`), with a remedy.

Their levels mean: INFO, all is well; WARNING, it could be better; ERROR, it must be repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.core import checks
from django.core.checks import CheckMessage
from django.db import DatabaseError

from core.storage import describe_error

Check = Callable[[], Iterator[CheckMessage]]


def findings(some_checks: Sequence[Check]) -> Iterator[CheckMessage]:
    """Yield the messages of these checks; what a check raises is one, and the others continue."""
    for check in some_checks:
        subject = check.__name__.strip("_").replace("_", " ")
        try:
            yield from check()
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            sentence = f"The database did not answer ({reason})."
            yield checks.Error(sentence, "See “database”.", obj=subject)
        except Exception as error:  # other storages raise anything
            yield checks.Error(
                f"This could not be checked ({describe_error(error)}).",
                "Give this account access to MEDIA_ROOT, BACKUP_TO and VITRINE_DATA_DIR.",
                obj=subject,
            )
