"""Sums of money are exact in the database; no float can become one."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F, Sum, Value
from hypothesis import given
from hypothesis import strategies as st

from core.db.dollars_field import DollarsField
from runs.models import LedgerAccount

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
CENT = Decimal("0.01")
SUMS = st.decimals(-(10**9), 10**9, places=9)


def account(key: str, cap: Decimal | None) -> LedgerAccount:
    return LedgerAccount.objects.create(kind="board", key=key, cap_usd=cap)


@pytest.mark.parametrize("text", ["0", "0.000000001", "0.1", "1234567.123456789", "-0.05"])
def test_a_sum_is_read_as_it_was_written(text):
    own = account("b", Decimal(text))
    own.refresh_from_db()
    assert own.cap_usd == Decimal(text)
    assert LedgerAccount.objects.filter(cap_usd=Decimal(text)).exists()


@pytest.mark.parametrize(
    ("written", "shown"),
    [("10", "10.00"), ("0", "0.00"), ("2.5", "2.50"), ("0.0125", "0.0125"), ("1000", "1000.00")],
)
def test_a_sum_has_as_many_places_as_it_needs(written, shown):
    """A form showed 12.340000000."""
    own = account("b", Decimal(written))
    own.refresh_from_db()
    assert str(own.cap_usd) == shown


def test_a_thousand_sums_are_exactly_their_sum():
    """SQLite's floats made 1,000.0000000188480 dollars of a hundred thousand cents."""
    rows = (LedgerAccount(kind="board", key=str(n), cap_usd=CENT) for n in range(1000))
    LedgerAccount.objects.bulk_create(rows)
    assert LedgerAccount.objects.aggregate(total=Sum("cap_usd"))["total"] == 10


def test_sums_are_compared_and_added_in_the_database():
    for key, cap in (("a", CENT), ("b", 3 * CENT), ("c", None)):
        account(key, cap)
    dear = LedgerAccount.objects.filter(cap_usd__gt=2 * CENT)
    assert [row.key for row in dear] == ["b"]
    more = Value(CENT, output_field=DollarsField())
    LedgerAccount.objects.update(cap_usd=F("cap_usd") + more)
    caps = LedgerAccount.objects.order_by("key").values_list("cap_usd", flat=True)
    assert list(caps) == [2 * CENT, 4 * CENT, None]


def test_a_float_is_no_money():
    with pytest.raises(TypeError, match="float"):
        LedgerAccount.objects.filter(cap_usd=0.1).exists()  # type: ignore[misc]  # mypy, too


@given(SUMS)
def test_any_sum_is_whole_nano_dollars(amount):
    field = DollarsField()
    stored = field.get_prep_value(amount)
    assert isinstance(stored, int)
    assert field.from_db_value(stored, None, None) == amount


def test_a_form_says_what_is_no_sum():
    field = DollarsField().formfield()
    assert field.clean("12.50") == Decimal("12.50")
    for text in ("a lot", "1e99", "NaN", "0.0000000001"):
        with pytest.raises(ValidationError):
            field.clean(text)
