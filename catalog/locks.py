"""The models that a page shows as locked, and why.

The catalogue knows no projects and rules, so `projects/rules/gallery.py` registers a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
Source = Callable[["HttpRequest", str], Locks]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Set the function that `locks_of` calls; called once, when the app is ready."""
    _sources[:] = [source]


def locks_of(request: HttpRequest, revision: str) -> Locks:
    """Return the locks of a page at a revision of the catalogue."""
    return _sources[0](request, revision) if _sources else NO_LOCKS
