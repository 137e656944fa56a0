"""A share of a series, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.http.parameters import parse_uuid
from library.models import Series as Row
from library.selection import ResultKey
from library.series import items
from sharing.kinds.kind import Kind
from sharing.models import Share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User


class Series(Kind):
    """What was in it when it was shared, or what is in it when the share is opened."""

    name = Share.Kind.SERIES

    def find(self, user: User, key: str) -> Row | None:
        """Return the series, if the user sees it."""
        seen = Row.objects.kept().shown_to(user).select_related("project", "user")
        pk = parse_uuid(key)
        return seen.filter(pk=pk).first() if pk else None

    def results(self, share: Share) -> Sequence[ResultKey] | None:
        """Return what is in the series now; nothing once it is deleted or out of reach."""
        series = self.find(share.user, share.source)
        if series is None:
            return []
        rows = items.of(series).values_list("run_id", "position")
        return [ResultKey(run, position) for run, position in rows]
