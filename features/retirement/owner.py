"""What collections, which have no app of their own, promise to runs."""

from __future__ import annotations

from collections.abc import Sequence

from features.retirement.collections import Collections
from runs.promises.dependants import Dependants
from runs.promises.keeping import Keeps


class RetirementOwner(Keeps):
    """Collections use models, too."""

    def dependants(self) -> Sequence[Dependants]:
        """Return the collections."""
        return (Collections(),)
