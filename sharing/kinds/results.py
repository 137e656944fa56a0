"""A share of results that were selected one by one."""

from __future__ import annotations

from sharing.kinds.kind import Kind
from sharing.models import Share


class Results(Kind):
    """The items that were chosen stay as they are."""

    name = Share.Kind.RESULTS
