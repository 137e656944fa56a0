"""Sets the status of endpoints (approved, experimental, blocked) and records user, time, reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from catalog.curation.text_cleaning import one_line
from catalog.models import Endpoint, Standing
from catalog.models.querysets import EndpointQuerySet
from core.forms import LineField

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_REASON = 255
NO_REASON = "Say why it is blocked: people who want to run it read this."
WORDS = {
    "": "No mark",
    Standing.APPROVED: "Approved",
    Standing.EXPERIMENTAL: "Experimental",
    Standing.BLOCKED: "Blocked",
}


class StandingForm(forms.Form):
    """A mark, with its reason."""

    standing = forms.ChoiceField(
        label="Mark",
        choices=[*WORDS.items()],
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the marks."},
    )
    reason = LineField(label="Why", max_length=LONGEST_REASON, required=False)


def set_status(endpoints: EndpointQuerySet, standing: str, reason: str, by: User) -> int:
    """Set or clear (`""`) the status of endpoints; returns their number.

    Raises ValueError with a message, also for a block without a reason.
    """
    if standing not in WORDS:
        raise ValueError("Choose one of the marks.")
    reason = one_line(reason, LONGEST_REASON, "reason") if standing else ""
    if standing == Standing.BLOCKED and not reason:
        raise ValueError(NO_REASON)
    with transaction.atomic():
        changed_endpoints = list(endpoints.only("endpoint_id", "standing", "standing_reason"))
        changes = {
            endpoint.pk: {
                "standing": (endpoint.standing, standing),
                "standing_reason": (endpoint.standing_reason, reason),
            }
            for endpoint in changed_endpoints
        }
        trail.record(by, standing or "cleared", changed_endpoints, reason, changes=changes)
        return endpoints.update(
            standing=standing,
            standing_reason=reason,
            standing_by=by if standing else None,
            standing_at=timezone.now() if standing else None,
        )


def name_deputy(endpoint: Endpoint, deputy: Endpoint | None, by: User) -> None:
    """Name the model that takes over from another one, or none."""
    with transaction.atomic():
        endpoint.deputy = deputy
        endpoint.save(update_fields=["deputy"])
        action = "given a deputy" if deputy else "left without a deputy"
        trail.record(by, action, [endpoint], deputy.endpoint_id if deputy else "")
