"""What the leaderboard says of a model, and how it orders models, by figures alone."""

from __future__ import annotations

from decimal import Decimal

from catalog.filters.operations import OPERATIONS
from catalog.model_records import ModelRecord
from catalog.models import Endpoint
from playground.display.leaderboard import Block, Entry
from tests.tables import each_row

CENT = Decimal("0.01")


def entry(name: str = "one", median_s: float | None = None, **figures: int) -> Entry:
    """Return a model with a record; each judged result has cost a cent."""
    judged = figures.get("judged", 0)
    record = ModelRecord(**figures, priced=judged, spent=judged * CENT)  # type: ignore[arg-type]
    return Entry(Endpoint(endpoint_id=f"lab/{name}", display_name=name, median_s=median_s), record)


@each_row(
    ("model", "figures"),
    [
        (entry(judged=30, kept=17, median_s=3.04, rows=4, rows_won=3),
         "$0.018 per kept result, 17 of 30 kept, 3.0 s, won 3 of 4 rows"),
        (entry(judged=30, kept=17), "$0.018 per kept result, 17 of 30 kept"),
        (entry(judged=6, kept=4, median_s=75), "4 of 6 kept, early: 30 to 90 %, 1 min 15 s"),
        (entry(judged=6, kept=4, rows=1), "4 of 6 kept, early: 30 to 90 %, won 0 of 1 row"),
    ],
)  # fmt: skip
def test_figures_in_words(model: Entry, figures: str) -> None:
    assert model.figures == figures


def test_the_first_three_are_compared_and_the_others_follow() -> None:
    entries = [entry(name) for name in ("a", "b", "c", "d", "e")]
    block = Block(OPERATIONS["upscale"], entries, {})
    assert [row.endpoint.display_name for row, _ in block.first] == ["a", "b", "c"]
    assert [row.endpoint.display_name for row in block.others] == ["d", "e"]
    assert block.comparison == "/compare/new/?model=lab%2Fa&model=lab%2Fb&model=lab%2Fc"
    assert Block(OPERATIONS["upscale"], entries[:1], {}).comparison == ""
