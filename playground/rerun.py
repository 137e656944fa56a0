"""Reruns: the same arguments as a new run; a double click creates one rerun, not two.

Double clicks are detected on the server, not in the page: a page restored by Back, or a second tab,
shows old contents, where a click counts like any other.

A rerun stays in the run's project, hidden or not as the run is, if the person may run something
there; else it goes into the project that they work in.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from projects import current, roles
from projects.models import Project
from runs import starting, state_machine, transport_choices
from runs.models import Run
from runs.starting import Source, Started, StartRequest

SAME_PRESS = timedelta(seconds=2)


def rerun(run: Run, person: User, elsewhere: Project | None = None) -> Run:
    """Run the same arguments by the same transport; a double click returns its first rerun.

    `elsewhere` is where it goes if the person may run nothing in the run's project; None: into the
    project that they have chosen.

    An unconfirmed run is rerun only once, and its timeline says so; for a third attempt the rerun
    itself has to be rerun, whose outcome is then in view. Raises starting.Refused.
    """
    if is_double_press(run, person):  # the page has swapped the rerun in for the clicked run
        return run
    reruns = starting.runs_of(person, Source.RERUN, f"{run.pk}-")
    last = reruns.order_by("-created_at").first()
    is_lost = run.state == Run.State.UNCONFIRMED
    if last is None or not (is_lost or is_double_press(last, person)):
        last, is_new = _next(run, person, _number(last) + 1, elsewhere)
        if is_new and is_lost:
            state_machine.note_event(run.pk, "again", str(last.pk))
    last.endpoint = run.endpoint
    return last


def is_double_press(run: Run, person: User) -> bool:
    """Whether a run is a rerun that this user created within `SAME_PRESS`."""
    is_mine = run.user_id == person.pk and starting.is_of(run, Source.RERUN)
    return is_mine and run.created_at > timezone.now() - SAME_PRESS


def _next(run: Run, person: User, number: int, elsewhere: Project | None) -> Started:
    """Return the rerun; simultaneous clicks get the same one, as it has a number."""
    return starting.start(repetition(run, person, Source.RERUN, f"{run.pk}-{number}", elsewhere))


def repetition(
    run: Run, person: User, source: Source, key: str, elsewhere: Project | None = None
) -> StartRequest:
    """Return the request for a run with the same arguments, to be varied by the caller.

    What the run contains may be private, such as a chat's system prompt, or a form's that its
    owner has hidden from the team.
    """
    stays = not roles.refusal_to_make(person, run.project)
    return StartRequest(
        user=person,
        endpoint=run.endpoint,
        arguments=run.arguments,
        source=source,
        key=key,
        transport=transport_choices.rerun_transport(run.transport),
        title=run.title,
        is_private=not run.is_example,
        project=run.project if stays else elsewhere or current.chosen(person),
        is_hidden=run.is_hidden if stays else None,
    )


def _number(last: Run | None) -> int:
    return int(last.form_token.rpartition("-")[2]) if last else 0
