"""Which of several models is offered first: by price known, record, marks, use here."""

from decimal import Decimal
from typing import Any

from catalog.model_records import ModelRecord, ModelRecords
from catalog.models import Collection, CollectionItem, Endpoint, Revision
from catalog.preference import Preference
from catalog.search.index import current

PRICE = {"unit_price_usd": "0.02", "price_unit": "images", "currency": "USD"}


def order(records: ModelRecords, **options: Any) -> list[str]:
    preference = Preference(current(Revision.current()), records, **options)
    rows = Endpoint.objects.order_by("position")
    return [row.display_name for row in sorted(rows, key=lambda row: preference.rank(row.pk))]


def test_models_are_offered_by_price_known_record_marks_and_use_here(make_endpoint):
    made = {
        name: make_endpoint(f"a/{name}", position=number, **values)
        for number, (name, values) in enumerate(
            {
                "old": PRICE | {"status": "deprecated"},
                "one-lora": PRICE,
                "unpriced": {},
                "plain": PRICE,
                "used": PRICE,
                "collected": PRICE,
                "approved": PRICE | {"mark": "approved"},
                "dear": PRICE,
                "cheap": PRICE,
            }.items()
        )
    }
    collection = Collection.objects.create(title="Best", slug="best", is_published=True)
    CollectionItem.objects.create(collection=collection, endpoint=made["collected"])

    def kept(spent: str) -> ModelRecord:
        return ModelRecord(runs=40, judged=40, kept=10, priced=40, spent=Decimal(spent))

    told = {made["dear"].pk: kept("4"), made["cheap"].pk: kept("1")}
    records = ModelRecords("key", told, runs={made["used"].pk: 7})
    assert " ".join(order(records)) == (
        "cheap dear collected approved used plain unpriced old one-lora"
    )
    assert order(records, with_special=True)[-3:] == ["plain", "unpriced", "old"]
