"""What a kind of share has to say: what may be shared, what it shows, and by which template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from library.selection import ResultKey

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

    from sharing.access import Visit
    from sharing.models import Share


class Kind:
    """One kind of share. The methods' defaults suit a selection of results."""

    name: ClassVar[str]  # a value of Share.Kind
    template: ClassVar[str] = "sharing/kinds/_results.html"
    styles: ClassVar[Sequence[str]] = ()  # sheets that its template needs

    def find(self, user: User, key: str) -> Model | None:
        """Return what has this key and may be shared by the user; None if there is no such."""
        return None

    def title(self, row: Model) -> str:
        """Return what a share of it is called at first."""
        return str(row)

    def results(self, share: Share) -> Sequence[ResultKey] | None:
        """Return the results that it shows now, of those that its user reads, in their order.

        None where they are kept as they were when it was made.
        """
        return None

    def freeze(self, share: Share) -> object:
        """Return, as JSON, what else of it a share keeps that does not follow; None for nothing."""
        return None

    def context(self, visit: Visit) -> Mapping[str, Any]:
        """Return what its template needs besides `visit`, `share` and `items`."""
        return {}
