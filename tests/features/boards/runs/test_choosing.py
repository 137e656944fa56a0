"""Which models answer a question: different ones, as many as the amount pays for."""

from decimal import Decimal

import pytest

from catalog.models import Endpoint
from features.boards.runs.choosing import Offer, choose


def offers(*models: tuple[str, str | None]) -> list[Offer]:
    """`offers(("Kling 2", "0.10"), …)` → offers in this order; None is an unknown price."""
    return [
        Offer(
            Endpoint(endpoint_id=f"lab/{name.lower().replace(' ', '-')}", display_name=name),
            None if most is None else Decimal(most),
        )
        for name, most in models
    ]


def names(chosen: list[Offer]) -> list[str]:
    return [offer.endpoint.display_name for offer in chosen]


SEVEN = offers(*((name, "0.10") for name in ("Aya", "Bria", "Cog", "Dia", "Eve", "Fox", "Gem")))


@pytest.mark.parametrize(
    ("amount", "count"), [("0.40", 4), ("0.49", 4), ("0.50", 5), ("0.60", 6), ("9", 6)]
)
def test_four_to_six_are_chosen_within_the_amount(amount, count):
    assert names(choose(SEVEN, Decimal(amount))) == names(SEVEN[:count])


def test_an_amount_that_is_too_small_says_which_one_is_enough():
    with pytest.raises(ValueError, match=r"^\$0.30 is too little .* 4 models: \$0.40 is enough"):
        choose(SEVEN, Decimal("0.30"))
    two = offers(("Aya", "0.101"), ("Bria", "0.1"))
    with pytest.raises(ValueError, match=r"2 models: \$0.21 is enough"):
        choose(two, Decimal("0.20"))
    assert names(choose(two, Decimal("0.21"))) == ["Aya", "Bria"]


def test_an_unknown_price_is_left_out_where_somebody_pays():
    models = offers(("Aya", None), ("Bria", "0.10"))
    assert names(choose(models, Decimal(1))) == ["Bria"]
    assert names(choose(models, None)) == ["Aya", "Bria"]
    with pytest.raises(ValueError, match="unknown"):
        choose(models[:1], Decimal(1))
    assert choose([], Decimal(1)) == []
