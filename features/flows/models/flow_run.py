"""One run of a flow, and the ordinary runs of its steps."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from core.db.json_field import ExactJSONField
from features.flows.models.flow import Flow
from projects.models import InProject, InProjectQuerySet
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

PROGRAM_MARK = "api-"  # prefix of the form tokens of flow runs that programs start


class FlowRunQuerySet(InProjectQuerySet["FlowRun"]):
    """Filters for runs of flows."""

    def kept(self) -> FlowRunQuerySet:
        """Return the runs of flows that are not deleted; the pages of others are gone too."""
        return self.filter(flow__deleted_at=None)

    def started_by(self, user: User | AnonymousUser) -> FlowRunQuerySet:
        """Return the flow runs that the user has started."""
        return self.own(user)


class FlowRun(InProject):
    """A flow's definition and inputs when it was started."""

    goes_along = True  # with its flow

    class State(models.TextChoices):
        """Running until no step is in progress or can start; pages show the label."""

        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="runs")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="flow_runs"
    )
    repeated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="who pressed “Try again” last, if somebody else",
    )
    form_token = models.CharField(
        max_length=64, help_text="one per drawn form: a double click is one run"
    )
    token_id = models.BigIntegerField(null=True, help_text="of the program that started it")
    definition = ExactJSONField(help_text="the flow's, with the inputs filled in")
    planned = models.JSONField(
        null=True, help_text="the charges reserved for steps that have not begun, by step"
    )
    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = FlowRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["flow", "-created_at"], name="flow_run_list")]
        constraints = [
            models.UniqueConstraint(fields=["user", "form_token"], name="flow_run_once_per_form")
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} {self.state} {self.pk}"

    def get_absolute_url(self) -> str:
        """Return the address of the page of this run of the flow."""
        return reverse("flows:flow-run", args=[self.flow_id, self.pk])

    @property
    def presser(self) -> User:
        """Return the user who started it last; the runs of its next steps belong to them."""
        return self.repeated_by or self.user

    @property
    def is_of_program(self) -> bool:
        """Whether a program has started it through the API."""
        return self.form_token.startswith(PROGRAM_MARK)

    @property
    def is_final(self) -> bool:
        """Whether it has ended; "Try again from here" restarts it."""
        return self.state != self.State.RUNNING


class StepRun(models.Model):
    """The run of one step, or why there is none; after a retry it is kept as replaced."""

    flow_run = models.ForeignKey(FlowRun, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=200, help_text="its id in the definition")
    run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="flow_steps"
    )
    is_reused = models.BooleanField(
        default=False, help_text="shows a run that was not made for this step: nothing was paid"
    )
    not_sent = models.CharField(
        max_length=500, blank=True, help_text="why it has no run; empty: it had one"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="its end was seen, and what follows it was started"
    )
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["flow_run", "step"],
                condition=Q(replaced_at=None),
                name="step_once_per_flow_run",
            )
        ]
        indexes = [
            models.Index(
                fields=["flow_run"],
                name="step_unsettled",
                condition=Q(settled_at=None, replaced_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.flow_run_id} {self.step}"
