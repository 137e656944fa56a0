"""The page of a covered row: an admin sees only that it exists until they give a reason."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import permissions
from core.forms import LineField
from runs.costs import known_costs
from runs.models import Run
from runs.ownership import looks
from runs.promises import keeping, places

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import InProject


MIN_CHARS, MAX_CHARS = 10, 500
TOO_LITTLE = f"Say why you need to look, in {MIN_CHARS} characters or more. The owner will read it."


class ReasonForm(forms.Form):
    """The reason why an admin needs to look at another person's row."""

    reason = LineField(
        label="Why do you need to look?",
        min_length=MIN_CHARS,
        max_length=MAX_CHARS,
        required=TOO_LITTLE,
        error_messages={
            "min_length": TOO_LITTLE,
            "max_length": f"Keep the reason to {MAX_CHARS} characters.",
        },
        widget=forms.Textarea({"rows": "3"}),
    )


def covered(user: User | AnonymousUser, kind: str, pk: uuid.UUID) -> Any:
    """Return the row if the user may only know that it exists, else None.

    `kind` is a key of `keeping.private_pages`; others raise KeyError. Makes no query for users who
    may not see others' runs.
    """
    rows = keeping.private_pages()[kind].covered_to(user)
    return rows.select_related("user").filter(pk=pk).first()


def render_covered(
    request: HttpRequest, kind: str, row: InProject, form: ReasonForm | None = None
) -> HttpResponse:
    """Render what is known of a covered row, and the reason form; 422 if `form` is given."""
    run = row if isinstance(row, Run) else None
    context = {
        "kind": kind,
        "row": row,
        "noun": row._meta.verbose_name,
        "run": run,
        "hours": int(looks.LASTS.total_seconds() // 3600),
        "form": form or ReasonForm(),
        **(_of_run(request, run) if run else _of_runs_in(row)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK
    return render(request, "playground/covered.html", context, status=status)


def _of_run(request: HttpRequest, run: Run) -> dict[str, Any]:
    may_cancel = run.is_awaited and permissions.may(request.user, permissions.CANCEL_RUN)
    return {"may_cancel": may_cancel, "belongs_to": places.places_of(request.user, run)}


def _of_runs_in(row: InProject) -> dict[str, Any]:
    """Return how many runs are in the row, and what they cost together."""
    runs = Run.objects.filter(pk__in=looks.contents_of(row).get(Run, ())).light()
    all_runs = list(runs.select_related("charge"))
    return {"run_count": len(all_runs), "cost": known_costs.together(all_runs)}
