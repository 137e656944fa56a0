"""A share of a series, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from library.models import Series as Row
from library.selection import ResultKey
from library.series import items
from sharing.kinds.kind import KeptKind
from sharing.models import Share

if TYPE_CHECKING:
    from collections.abc import Sequence


class Series(KeptKind[Row]):
    """What was in it when it was shared, or what is in it when the share is opened."""

    name, model, is_for_all = Share.Kind.SERIES, Row, True

    def results(self, share: Share) -> Sequence[ResultKey] | None:
        """Return what is in the series now; nothing once it is deleted or out of reach."""
        series = self.seen(share.user, share.source)
        if series is None:
            return []
        rows = items.of(series).values_list("run_id", "position")
        return [ResultKey(run, position) for run, position in rows]
