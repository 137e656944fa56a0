"""What collections, which have no app of their own, promise to runs."""

from __future__ import annotations

from collections.abc import Sequence

from features.retirement.collections import Collections
from runs.promises.dependants import Dependants
from runs.promises.owners import RunOwner


class RetirementOwner(RunOwner):
    """Collections use models, too."""

    def dependants(self) -> Sequence[Dependants]:
        """Return the collections."""
        return (Collections(),)
