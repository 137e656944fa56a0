"""The house's rules about sums: one row."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models

from core.db.dollars_field import DollarsField
from core.db.prepared_queries import PreparedQuery

ONLY = 1  # the key of the row


class SpendingRules(models.Model):
    """The rules for every run of any user."""

    class Unknown(models.TextChoices):
        """What happens to a run of unknown cost if a budget applies."""

        ASK = "ask", "Ask whoever starts it"
        ALLOW = "allow", "Allow it; it counts once its cost is known"
        REFUSE = "refuse", "Refuse it"
        ASSUME = "assume", "Assume a sum"

    unknown = models.CharField(
        "what nothing is known of", max_length=8, choices=Unknown, default=Unknown.ASK
    )
    assumed = DollarsField("assumed sum", null=True, blank=True, help_text="of “assume”")
    ceiling = DollarsField(
        "ceiling",
        null=True,
        blank=True,
        help_text="only admins start runs that may cost more together; empty: none",
    )
    alarm_factor = models.DecimalField(
        "alarm from",
        max_digits=6,
        decimal_places=2,
        default=Decimal(3),
        validators=[MinValueValidator(Decimal("1.01"))],
        help_text="times the estimate",
    )
    alarm_least = DollarsField(
        "and a difference of", default=Decimal(1), help_text="in dollars, at least"
    )
    holds_models = models.BooleanField(
        "hold the model", default=False,
        help_text="after an alarm its runs wait for a click until somebody has looked",
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = "rules about sums"

    def __str__(self) -> str:
        return "Rules about sums"

    @classmethod
    def current(cls) -> SpendingRules:
        """Return the rules; the defaults if nobody has chosen any. One query."""
        return _CURRENT.first() or cls(pk=ONLY)


_CURRENT = PreparedQuery(lambda: SpendingRules.objects.filter(pk=ONLY))  # read at each start
