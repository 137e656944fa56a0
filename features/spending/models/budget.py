"""Budgets, requests for more when one is spent, and the house's rules about sums."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from core.db.dollars_field import DollarsField
from projects.models import Project

if TYPE_CHECKING:
    from datetime import date

    from core.db.prepared_queries import Param

ONLY = 1  # the key of the row
SENTENCE_CHARS = 500


class BudgetQuerySet(models.QuerySet["Budget"]):
    """Filters for budgets."""

    def holding(self, today: date | Param) -> BudgetQuerySet:
        """Return the budgets that apply on a day: not ended, and within their dates."""
        has_begun = Q(begins_on=None) | Q(begins_on__lte=today)
        open_ended = Q(ends_on=None) | Q(ends_on__gte=today)
        return self.filter(has_begun, open_ended, ended_at=None)


class Budget(models.Model):
    """A spending limit per period. Without a named target it applies to each one of its scope.

    The ledger's counters hold the spending (`features/spending/budgets/counting.py`).
    """

    class Scope(models.TextChoices):
        """The runs it applies to; the values are those of `ledger.Scope`, except the last."""

        HOUSE = "house", "The house"
        PROJECT = "project", "A project"
        PERSON = "person", "A person"
        TOKEN = "token", "A token"
        SESSION = "session", "An assistant's session"

    class Period(models.TextChoices):
        """The time after which it starts again."""

        DAY = "day", "a day"
        MONTH = "month", "a month"
        ONCE = "once", "once"

    scope = models.CharField("for", max_length=8, choices=Scope)
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="budgets",
    )
    token = models.ForeignKey(
        "api.Token", null=True, blank=True, on_delete=models.CASCADE, related_name="budgets"
    )
    period = models.CharField(max_length=8, choices=Period, default=Period.MONTH)
    begins_on = models.DateField(null=True, blank=True, help_text="of one that is spent once")
    ends_on = models.DateField(null=True, blank=True, help_text="its last day; empty: none")
    limit = DollarsField()
    is_by_admin = models.BooleanField(
        default=False, help_text="an admin has made it: its project's managers do not change it"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering = ["scope", "pk"]
        indexes = [models.Index(fields=["ended_at", "scope"], name="budget_holding")]

    def __str__(self) -> str:
        return f"{self.scope} {self.project_id or self.person_id or self.token_id or ''}".strip()

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("spending:budget", args=[self.pk])


class BudgetRequest(models.Model):
    """A request for more than a budget has left, or for a model.

    If allowed, `amount` is added to the budget's limit for `scope_key` in `period`. With an
    `endpoint` it is about no sum, but about an exception for this model in the rules of `project`
    (null: of the house).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    budget = models.ForeignKey(Budget, null=True, on_delete=models.CASCADE, related_name="requests")
    scope_key = models.PositiveBigIntegerField(default=0, help_text="as in `ledger.Counter`")
    period = models.CharField(max_length=32, blank=True)
    endpoint = models.ForeignKey(
        "catalog.Endpoint", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    project = models.ForeignKey(
        Project, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    amount = DollarsField()
    sentence = models.CharField(max_length=SENTENCE_CHARS, help_text="why; may be empty")
    path = models.CharField(max_length=500, blank=True, help_text="the page that was refused")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_granted = models.BooleanField(default=False)
    answer = models.CharField(
        max_length=SENTENCE_CHARS, blank=True, help_text="the sentence back of who decided"
    )

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["budget", "period"], name="request_of_budget")]

    def __str__(self) -> str:
        return f"{self.user_id} asks for {self.endpoint or self.amount}"

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("spending:request", args=[self.pk])


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

    class Meta:
        verbose_name = verbose_name_plural = "rules about sums"

    def __str__(self) -> str:
        return "Rules about sums"

    @classmethod
    def current(cls) -> SpendingRules:
        """Return the rules; the defaults if nobody has chosen any. One query."""
        return cls.objects.filter(pk=ONLY).first() or cls(pk=ONLY)
