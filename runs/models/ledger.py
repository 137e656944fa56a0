"""The ledger: what each run may cost and has cost, and the capped accounts that it counts for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models

from catalog.models import Endpoint
from core.db.dollars_field import DollarsField
from projects.models import Project
from runs.models.run import Run

# Not constraints, and kept when the referenced rows are deleted: what was spent stays spent.
_KEPT: dict[str, Any] = {
    "db_constraint": False,
    "on_delete": models.DO_NOTHING,
    "related_name": "+",
}


class SumState(models.TextChoices):
    """A reserved sum is the most that a run may cost; a settled sum is its actual cost."""

    RESERVED = "reserved"
    SETTLED = "settled"
    RELEASED = "released"


class Charge(models.Model):
    """What one run may cost and has cost, for whom, and where it began; one row per run.

    `amount` is the best known figure: `reported`, else `billed`, else `expected`. For a live
    session, `expected` grows until the session is settled with `so_far`. While none of them is
    known, `amount` is the sum that counts under budgets, or None if no budget holds.
    """

    run = models.OneToOneField(Run, null=True, **(_KEPT | {"related_name": "charge"}))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_KEPT)
    project = models.ForeignKey(Project, null=True, **_KEPT)
    endpoint = models.ForeignKey(Endpoint, null=True, **_KEPT)
    token_id = models.BigIntegerField(null=True, help_text="of the program that started it")
    door = models.CharField(max_length=12, blank=True, help_text="what started it: `Door`")
    created_at = models.DateTimeField()

    unit_price = DollarsField(null=True, help_text="when it began; empty: unknown")
    price_unit = models.CharField(max_length=64, blank=True)
    expected = DollarsField(null=True, help_text="the most it may cost; empty: unknown")
    so_far = DollarsField(
        null=True, help_text="of a live session: what its results cost; empty: it is none"
    )
    billed = DollarsField(null=True, help_text="billed units × price; empty: not said")
    reported = DollarsField(null=True, help_text="by upstream's billing events; empty: none yet")
    amount = DollarsField(null=True, help_text="the best of the three; empty: unknown")
    state = models.CharField(max_length=8, choices=SumState, default=SumState.RESERVED)
    awaits_check = models.BooleanField(
        default=False,
        help_text="its figures have changed since they were last checked",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="charge_awaits_check", condition=models.Q(awaits_check=True)
            ),
            models.Index(fields=["created_at"], name="charge_by_time"),
            models.Index(fields=["user", "created_at"], name="charge_of_person"),
            models.Index(fields=["project", "created_at"], name="charge_in_project"),
            models.Index(fields=["endpoint", "-created_at"], name="charge_of_model"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.state} {self.amount}"

    @property
    def counted(self) -> Decimal | None:
        """Return the sum that a new run counts with under budgets; None if nothing is known."""
        counted: Decimal | None = self.amount if self.expected is None else self.expected
        return counted

    @property
    def is_open(self) -> bool:
        """Whether it counts although its cost is unknown, with all that was left or a guess."""
        return self.expected is None and self.amount is not None


class LedgerAccount(models.Model):
    """Something with a cap that runs count towards besides their `Charge`, such as a board."""

    class Kind(models.TextChoices):
        """The kind of row that `key` refers to; `period` names the day or session."""

        HOUSE = "house", "the house: whoever starts runs locks its row"
        BOARD = "board", "a board"
        CHECK = "check", "a round of a check"  # of rows before 0.3.0
        ASSISTANT = "assistant", "an assistant's session"

    kind = models.CharField(max_length=16, choices=Kind)
    key = models.CharField(max_length=64)
    period = models.CharField(max_length=32, blank=True)
    cap_usd = DollarsField(null=True, blank=True, help_text="empty: none")
    committed = DollarsField(default=Decimal(0), help_text="reserved and settled: its entries' sum")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "period"], name="ledger_account_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.period}".strip()


class LedgerEntry(models.Model):
    """A sum that a run, or a call that starts runs later, adds to one account."""

    account = models.ForeignKey(LedgerAccount, on_delete=models.CASCADE, related_name="entries")
    run = models.ForeignKey(Run, null=True, **_KEPT)
    amount_usd = DollarsField(null=True, help_text="empty: unknown")
    state = models.CharField(max_length=8, choices=SumState, default=SumState.RESERVED)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["run", "account"], name="ledger_entry_once_per_run")
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.run_id} {self.state} {self.amount_usd}"
