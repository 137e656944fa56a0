"""The models that a page shows as locked, and why.

The catalogue knows no projects and rules, so `projects/rules/gallery.py` provides the locks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.provided import Provided

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True)
class Locks:
    """The primary keys of the models that may not be run in a page's project, with the reasons.

    `key` is equal only for equal locks of one revision: rendered fragments are cached under it.
    """

    key: str = ""
    reasons: Mapping[int, str] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        """Whether there are rules at all, even if they lock nothing now."""
        return bool(self.key)

    @property
    def models(self) -> frozenset[int]:
        """The keys of the locked models."""
        return frozenset(self.reasons)


NO_LOCKS = Locks()


@Provided
def locks_of(request: HttpRequest, revision: str) -> Locks:
    """Return the locks of a page at a revision of the catalogue, by `projects.rules.gallery`."""
    return NO_LOCKS
