"""A run once more, as a run of its own: what a person pressed twice in a moment is one press.

The server tells the presses apart, not the page: a page that came Back, or a second tab,
holds what it held, and a press there is as much a press as any other.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from playground import lifecycle
from playground.models import Run
from playground.transports import choices

SAME_PRESS = timedelta(seconds=2)
MARK = "again-"


def again(run: Run, person: User) -> Run:
    """The same arguments once more, by the same way; or what the same press has made already.

    A run whose answer was lost is sent again once, and its timeline says so: whoever wants a third
    repeats the second, seeing what came of it. Raises lifecycle.Refused.
    """
    if is_just_made(run, person):  # it stands where the one that was pressed stood
        return run
    mark = f"{MARK}{run.pk}-"
    made = Run.objects.filter(user_id=person.pk, form_token__startswith=mark)
    last = made.order_by("-created_at").first()
    is_lost = run.state == Run.State.UNCONFIRMED
    if last is None or not (is_lost or is_just_made(last, person)):
        last, is_new = _next(run, person, f"{mark}{_number(last) + 1}")
        if is_new and is_lost:
            lifecycle.note_event(run.pk, "again", str(last.pk))
    last.endpoint = run.endpoint
    return last


def is_just_made(run: Run, person: User) -> bool:
    """Whether a run is this person's repetition of a moment ago."""
    is_mine = run.user_id == person.pk and run.form_token.startswith(MARK)
    return is_mine and run.created_at > timezone.now() - SAME_PRESS


def _next(run: Run, person: User, form_token: str) -> tuple[Run, bool]:
    """A new run (True); of presses at the very same time, which count the same, the database takes one."""
    return lifecycle.create(
        user=person,
        endpoint=run.endpoint,
        schema_id=run.endpoint.schema_id,
        form_token=form_token,
        arguments=run.arguments,
        transport=choices.again(run.transport),
        title=run.title,
    )


def _number(last: Run | None) -> int:
    return int(last.form_token.rpartition("-")[2]) if last else 0
