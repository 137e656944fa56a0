"""The mark of a model: what the team thinks of it, with who said so, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from catalog.curation.text_cleaning import one_line
from catalog.models import Mark
from catalog.models.querysets import EndpointQuerySet
from core.forms import LineField

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_REASON = 255
NO_REASON = "Say why it is blocked: people who want to run it read this."
WORDS = {
    "": "No mark",
    Mark.APPROVED: "Approved",
    Mark.EXPERIMENTAL: "Experimental",
    Mark.BLOCKED: "Blocked",
}


class MarkForm(forms.Form):
    """A mark, with its reason."""

    mark = forms.ChoiceField(
        label="Mark",
        choices=[*WORDS.items()],
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the marks."},
    )
    reason = LineField(label="Why", max_length=LONGEST_REASON, required=False)


def set_mark(endpoints: EndpointQuerySet, mark: str, reason: str, by: User) -> int:
    """Set or clear (`""`) the mark of endpoints; returns their number.

    Raises ValueError with a message, also for a block without a reason.
    """
    if mark not in WORDS:
        raise ValueError("Choose one of the marks.")
    reason = one_line(reason, LONGEST_REASON, "reason") if mark else ""
    if mark == Mark.BLOCKED and not reason:
        raise ValueError(NO_REASON)
    with transaction.atomic():
        changed_endpoints = list(endpoints.only("endpoint_id", "mark", "mark_reason"))
        changes = {
            endpoint.pk: {
                "mark": (endpoint.mark, mark),
                "mark_reason": (endpoint.mark_reason, reason),
            }
            for endpoint in changed_endpoints
        }
        trail.record(by, mark or "cleared", changed_endpoints, reason, changes=changes)
        return endpoints.update(
            mark=mark,
            mark_reason=reason,
            marked_by=by if mark else None,
            marked_at=timezone.now() if mark else None,
        )
