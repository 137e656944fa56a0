"""Reruns: the same arguments as a new run; a double click creates one rerun, not two.

Double clicks are detected on the server, not in the page: a page restored by Back, or a second tab,
shows old contents, where a click counts like any other.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from accounts.profile import preferences
from runs import state_machine, transport_choices
from runs.models import Run

SAME_PRESS = timedelta(seconds=2)
MARK = "again-"


def rerun(run: Run, person: User) -> Run:
    """Run the same arguments by the same transport; a double click returns its first rerun.

    An unconfirmed run is rerun only once, and its timeline says so; for a third attempt the rerun
    itself has to be rerun, whose outcome is then in view. Raises state_machine.Refused.
    """
    if is_double_press(run, person):  # the page has swapped the rerun in for the clicked run
        return run
    mark = f"{MARK}{run.pk}-"
    made = Run.objects.filter(user_id=person.pk, form_token__startswith=mark)
    last = made.order_by("-created_at").first()
    is_lost = run.state == Run.State.UNCONFIRMED
    if last is None or not (is_lost or is_double_press(last, person)):
        last, is_new = _next(run, person, f"{mark}{_number(last) + 1}")
        if is_new and is_lost:
            state_machine.note_event(run.pk, "again", str(last.pk))
    last.endpoint = run.endpoint
    return last


def is_double_press(run: Run, person: User) -> bool:
    """Whether a run is a rerun that this user created within `SAME_PRESS`."""
    is_mine = run.user_id == person.pk and run.form_token.startswith(MARK)
    return is_mine and run.created_at > timezone.now() - SAME_PRESS


def is_shown(run: Run, person: User) -> bool:
    """Whether a repetition of the run is shown to the team: if the person wants it, as it was.

    What the run contains may be private, such as a chat's system prompt, or a form's that its
    owner has hidden from the team.
    """
    return run.is_example and preferences.shares_runs(person)


def _next(run: Run, person: User, form_token: str) -> tuple[Run, bool]:
    """Return the rerun, and whether it is new; form tokens are unique for simultaneous clicks."""
    return state_machine.create(
        user=person,
        endpoint=run.endpoint,
        schema_id=run.endpoint.schema_id,
        form_token=form_token,
        arguments=run.arguments,
        transport=transport_choices.rerun_transport(run.transport),
        title=run.title,
        is_example=is_shown(run, person),
    )


def _number(last: Run | None) -> int:
    return int(last.form_token.rpartition("-")[2]) if last else 0
