"""Which of several models that can all do something is offered first, everywhere.

The start page, first steps, "Use as…" and deputies order models by this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from catalog.filters.conditions import Condition
from catalog.models import CollectionItem
from core.byte_cache import byte_cached

if TYPE_CHECKING:
    from catalog.model_records import ModelRecords
    from catalog.search.index import Index


class Rank(NamedTuple):
    """A model's sort key: the smallest is offered first, equal ones in the catalogue's order."""

    is_unlikely: bool
    is_unpriced: bool
    record: tuple[float, float]
    is_unmarked: bool
    unused: int


class Preference:
    """Ranks models by whether their price is known, their record, the team's marks and use here.

    Deprecated and special models (`naming.is_special`) come last; `with_special` ranks the special
    ones like the others. `records` are those that the page's project may see.
    """

    def __init__(self, index: Index, records: ModelRecords, *, with_special: bool = False) -> None:
        deprecated = index.having(Condition("is", ("deprecated",)))
        self._unlikely = deprecated if with_special else deprecated | index.special
        self._approved = index.having(Condition("is", ("approved",)))
        self._priced, self._places = index.priced, index.places
        self._collected = _in_collections(index.token)
        self._records = records

    def rank(self, model: int) -> Rank:
        """Return the rank of a model by its primary key."""
        place = self._places.get(model, -1)
        return Rank(
            place in self._unlikely,
            place not in self._priced,
            self._records.rank(model),
            place not in self._approved and model not in self._collected,
            -self._records.runs.get(model, 0),
        )


@byte_cached(1 << 16)
def _in_collections(revision: str) -> frozenset[int]:
    """Return the primary keys of the models in published collections at a revision."""
    collected = CollectionItem.objects.filter(collection__is_published=True)
    return frozenset(collected.values_list("endpoint_id", flat=True))
