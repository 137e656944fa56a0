"""The ledger: sums of money that were reserved, settled or released for runs, by account."""

from __future__ import annotations

from django.db import models

from runs.models.run import Run


class LedgerAccount(models.Model):
    """What a sum counts towards: a person's day, a board, a month of its trials, a session."""

    class Kind(models.TextChoices):
        """What `key` is the key of; `period` says which day, month or session."""

        PERSON_DAY = "person-day", "a person's day"
        BOARD = "board", "a board"
        TRIAL_MONTH = "trial-month", "a month of a board's trials"
        ASSISTANT = "assistant", "an assistant's session"
        TOKEN = "token", "an API token"

    kind = models.CharField(max_length=16, choices=Kind)
    key = models.CharField(max_length=64)
    period = models.CharField(max_length=32, blank=True)
    cap_usd = models.DecimalField(
        max_digits=20, decimal_places=8, null=True, blank=True, help_text="empty: none"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "period"], name="ledger_account_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.period}".strip()


class LedgerEntry(models.Model):
    """A sum for a run, or for a call that starts runs later, towards one account."""

    class State(models.TextChoices):
        """A reserved sum is the most that the run may cost, a settled one what it has cost."""

        RESERVED = "reserved"
        SETTLED = "settled"
        RELEASED = "released"

    account = models.ForeignKey(LedgerAccount, on_delete=models.CASCADE, related_name="entries")
    # Without a constraint, and kept when the run is purged: what was spent stays spent.
    run = models.ForeignKey(
        Run, null=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    amount_usd = models.DecimalField(
        max_digits=20, decimal_places=8, null=True, help_text="empty: unknown"
    )
    state = models.CharField(max_length=8, choices=State, default=State.RESERVED)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["run", "account"], name="ledger_entry_once_per_run")
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.run_id} {self.state} {self.amount_usd}"
