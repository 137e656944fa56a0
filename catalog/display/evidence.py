"""What speaks for a model where the house proposes it: its price, its time and its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.filters.facts import usual_s
from catalog.pricing import shown_price
from core.formatting import duration

if TYPE_CHECKING:
    from catalog.model_records import ModelRecords
    from catalog.models import Endpoint


def evidence(endpoint: Endpoint, records: ModelRecords, *, has_price: bool = True) -> list[str]:
    """Return what is known: `$0.02 / image`, `about 8 s`, `17 of 30 kept`.

    Without `has_price`, the page says another price, such as that of a run.
    """
    price, seconds = shown_price(endpoint), usual_s(endpoint)
    record = records.shown.get(endpoint.pk)
    known = (
        (f"{price.words} / {price.per}" if price.per else price.words) if has_price else "",
        f"about {duration(seconds)}" if seconds else "",
        record.line if record else "",
    )
    return [words for words in known if words]
