"""Where the results of new runs go by themselves, as it stands beside Run."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple

from core.provided import Provided

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from catalog.models import Endpoint
    from projects.models import Project


class NewResults(NamedTuple):
    """The series that new results go to: its name, the address of its page, and of its end."""

    name: str
    address: str
    end: str
    is_whole_project: bool = False


@Provided
def of_place(
    user: User, project: Project, endpoint: Endpoint | None = None, board: uuid.UUID | None = None
) -> NewResults | None:
    """Return where new results of a model's page, or of a board, go; None if nowhere.

    `features/library/views/series/destinations.py` provides it.
    """
    return None
