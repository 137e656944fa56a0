"""Reruns: the same arguments as a new run, or one result alone; a double click creates one rerun.

Double clicks are detected on the server, not in the page: a page restored by Back, or a second tab,
shows old contents, where a click counts like any other.

A rerun stays in the run's project, hidden or not as the run is, if the person may run something
there; else it goes into the project that they work in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from catalog.schema_versions import version_of
from projects import current, roles
from projects.models import Project
from runs.files import result_names
from runs.models import Run
from runs.start import starting, transport_choices, wait_choices
from runs.start.starting import Source, StartRequest, StartResult
from runs.state import state_machine
from schemas.variations import alone

SAME_PRESS = timedelta(seconds=2)


def rerun(run: Run, person: User, elsewhere: Project | None = None) -> Run:
    """Run the same arguments by the same transport; a double click returns its first rerun.

    `elsewhere` is where it goes if the person may run nothing in the run's project; None: into the
    project that they have chosen.

    An unconfirmed run is rerun only once, and its timeline says so; for a third attempt the rerun
    itself has to be rerun, whose outcome is then in view. Raises refused_starts.Refused.
    """
    if is_double_press(run, person):  # the page has swapped the rerun in for the clicked run
        return run
    is_lost = run.state == Run.State.UNCONFIRMED
    start_request = repetition(run, person, Source.RERUN, str(run.pk), elsewhere)
    last, is_new = _start_once(start_request, is_only_once=is_lost)
    if is_new and is_lost:
        state_machine.note_event(run.pk, "again", str(last.pk))
    return last


def rerun_alone(run: Run, position: int, person: User, elsewhere: Project | None = None) -> Run:
    """Make the result at `position` again, without the others; a double click returns its first.

    `elsewhere` as in `rerun`. Raises refused_starts.Refused.
    """
    if is_double_press(run, person):
        return run
    start_request = repetition(run, person, Source.RERUN, f"{run.pk}.{position}", elsewhere)
    last, _ = _start_once(replace(start_request, arguments=arguments_alone(run, position)))
    return last


def arguments_alone(run: Run, position: int) -> dict[str, Any]:
    """Return the arguments that make the result at `position` of a run again alone."""
    seed = result_names.seed_of(run)
    arguments = run.arguments if isinstance(run.arguments, dict) else {}
    used_seed = int(seed) if seed else None
    return alone(version_of(run.endpoint).root, arguments, position, used_seed)


def is_double_press(run: Run, person: User) -> bool:
    """Whether a run is a rerun that this user created within `SAME_PRESS`."""
    is_mine = run.user_id == person.pk and starting.is_of(run, Source.RERUN)
    return is_mine and run.created_at > timezone.now() - SAME_PRESS


def _start_once(request: StartRequest, *, is_only_once: bool = False) -> StartResult:
    """Start the rerun of a request without a number, unless this press has started it.

    Simultaneous clicks get the same rerun by its number; with `is_only_once`, later ones do too.
    """
    reruns = starting.runs_of(request.user, request.source, f"{request.key}-")
    last = reruns.order_by("-created_at").first()
    if last is not None and (is_only_once or is_double_press(last, request.user)):
        started = StartResult(last, is_new=False)
    else:
        started = starting.start(replace(request, key=f"{request.key}-{_number(last) + 1}"))
    started.run.endpoint = request.endpoint
    return started


def repetition(
    run: Run, person: User, source: Source, key: str, elsewhere: Project | None = None
) -> StartRequest:
    """Return a request to start a run with the same arguments, which the caller may change.

    The run's content may be private, such as a program's, or the prompt of a form that its
    owner has hidden from the team. A large board's low priority is not for a single run.
    """
    is_of_board = starting.is_of(run, Source.BOARD)
    stays_in_project = not roles.refusal_to_make(person, run.project)
    return StartRequest(
        user=person,
        endpoint=run.endpoint,
        arguments=run.arguments,
        source=source,
        key=key,
        transport=transport_choices.rerun_transport(run.transport),
        options={} if is_of_board else wait_choices.chosen(run.options),
        title=run.title,
        is_private=not run.is_example,
        project=run.project if stays_in_project else elsewhere or current.chosen(person),
        is_hidden=run.is_hidden if stays_in_project else None,
    )


def _number(last: Run | None) -> int:
    return int(last.form_token.rpartition("-")[2]) if last else 0
