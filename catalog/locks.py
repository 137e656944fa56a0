"""Which models a page shows as locked, and why: known to an app above, which registers itself.

`projects/rules/gallery.py` is that app: the catalogue knows models and no projects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True)
class Locks:
    """The models that may not be run where a page is, by their primary keys, with the reasons.

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
    """Let this function answer `locks_of`; called once, when the app is ready."""
    _sources[:] = [source]


def locks_of(request: HttpRequest, revision: str) -> Locks:
    """Return the locks of a page at a revision of the catalogue."""
    return _sources[0](request, revision) if _sources else NO_LOCKS
