"""Rules that decide which models a project, or the whole house, may run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.db.recoverable import NotDeleted, Recoverable
from projects.models.project import Project

if TYPE_CHECKING:
    from collections.abc import Collection

VALUE_CHARS, REASON_CHARS = 300, 300


class RuleQuerySet(models.QuerySet["Rule"]):
    """Filters for rules."""

    def of_house(self) -> RuleQuerySet:
        """The rules of the house, which hold in every project."""
        return self.filter(project=None)

    def holding_in(self, projects: Collection[Project]) -> RuleQuerySet:
        """The rules that hold in any of these projects: their own and the house's."""
        own = Q(project__in=[project.pk for project in projects])
        return self.filter(Q(project=None) | own).select_related("project")


class Rule(Recoverable):
    """A rule of a project, or of the house; `projects/rules/decision.py` says what it decides."""

    class Effect(models.TextChoices):
        """The effect of a rule on the models that it names, with the labels of forms."""

        FORBID = "forbid", "Forbid"
        ONLY = "only", "Allow only"
        ALLOW = "allow", "Allow"

    class Kind(models.TextChoices):
        """The property of models that `value` contains, the narrowest first."""

        ID = "id", "Model"
        OWNER = "owner", "Maker"
        CATEGORY = "category", "Category"
        MARK = "mark", "Mark"
        QUESTION = "question", "Question"

    project = models.ForeignKey(
        Project,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="rules",
        help_text="whose rule it is; null: of the house",
    )
    effect = models.CharField(max_length=8, choices=Effect, default=Effect.FORBID)
    kind = models.CharField(max_length=8, choices=Kind)
    value = models.CharField(max_length=VALUE_CHARS)
    reason = models.CharField(
        max_length=REASON_CHARS, blank=True, help_text="why, for who wants to run such a model"
    )
    is_binding = models.BooleanField(
        default=False, help_text="of the house's: no project allows what it locks"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = NotDeleted.from_queryset(RuleQuerySet)()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "value"],
                condition=Q(deleted_at=None),
                name="rule_once_per_project",
            ),
            models.UniqueConstraint(
                fields=["kind", "value"],
                condition=Q(project=None, deleted_at=None),
                name="rule_once_in_house",
            ),
        ]
        permissions = [("change_house_rules", "Can change the rules for models of the house")]

    def __str__(self) -> str:
        return f"{self.effect} {self.kind}: {self.value}"
