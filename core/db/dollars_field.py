"""A model field for sums of money, exact in every database."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable

PLACES = 9  # a nano-dollar, the unit of upstream's billing events
MOST = Decimal(10**9)  # dollars; the column holds nine times as much, for totals
_CENT = Decimal("0.01")
_DIGITS = 60


class DollarsField(models.BigIntegerField):  # type: ignore[type-arg]
    """A sum in dollars, as Decimal; the column holds whole nano-dollars.

    SQLite stores and adds Django's DecimalField as binary floats: a hundred thousand cents are not
    a thousand dollars there. Whole numbers are exact on both databases, in `Sum` and in comparisons
    too. A float is refused, because its exact sum is no longer known.
    """

    # Read by django-stubs: mypy refuses floats, too.
    _pyi_private_set_type: Decimal | int | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]
    _pyi_lookup_exact_type: Decimal | int  # type: ignore[assignment]

    def to_python(self, value: Any) -> Decimal | None:
        """Return a value of a form or a fixture as a sum; raises ValidationError."""
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(str(value))
        except ArithmeticError as error:
            raise ValidationError(
                "“%(value)s” is not a sum of money.", params={"value": value}
            ) from (error)

    def get_prep_value(self, value: Any) -> Any:
        """Return nano-dollars; finer parts are rounded. Raises TypeError for a float."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if isinstance(value, float):
            raise TypeError(f"{self.name}: {value!r} is a float; sums of money are Decimal")
        with localcontext(prec=_DIGITS):
            nano = Decimal(value).scaleb(PLACES)
            return int(nano.to_integral_value(ROUND_HALF_EVEN))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        """Return nano-dollars of the database, also of a `Sum`, as dollars.

        The result has as many places as it needs, at least two, because forms show it unchanged.
        """
        if value is None:
            return None
        dollars = Decimal(int(value)).scaleb(-PLACES).normalize()
        exponent = dollars.as_tuple().exponent
        return dollars if isinstance(exponent, int) and exponent < -2 else dollars.quantize(_CENT)

    def formfield(self, **kwargs: Any) -> Any:
        """Return the field of a form, which takes dollars."""
        options = {"form_class": forms.DecimalField, "max_value": MOST, "decimal_places": PLACES}
        return models.Field.formfield(self, **{**options, **kwargs})

    def value_to_string(self, obj: Any) -> str:
        """Return the sum in dollars, for fixtures."""
        return str(self.value_from_object(obj))
