"""Reruns: the same arguments as a new run, or one result alone.

Each drawn button has a token, so a double click starts one rerun, and a button that was drawn anew
starts another.

A rerun stays in the run's project, hidden or not as the run is, if the person may run something
there; else it goes into the project that they work in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User

from catalog.schema_versions import version_of
from projects import current, roles
from projects.models import Project
from runs.files import result_names
from runs.models import Run
from runs.start import starting, transport_choices, wait_choices
from runs.start.starting import Source, StartRequest
from runs.state import state_machine
from schemas.variations import alone

ONLY_TIME = "1"  # the press that sends an unconfirmed run again, whatever its button


def rerun(run: Run, person: User, token: str, elsewhere: Project | None = None) -> Run:
    """Run the same arguments by the same transport; a repeated press returns its first rerun.

    `token` identifies the pressed button. `elsewhere` is where the rerun goes if the person may run
    nothing in the run's project; None: into the project that they have chosen.

    An unconfirmed run is rerun only once, and its timeline says so; for a third attempt the rerun
    itself has to be rerun, whose outcome is then in view. Raises refused_starts.StartRefused.
    """
    is_lost = run.state == Run.State.UNCONFIRMED
    press = ONLY_TIME if is_lost else starting.press_key(token)
    new_run, is_new = starting.start(
        repetition(run, person, Source.RERUN, f"{run.pk}-{press}", elsewhere)
    )
    if is_new and is_lost:
        state_machine.note_event(run.pk, "again", str(new_run.pk))
    new_run.endpoint = run.endpoint
    return new_run


def rerun_alone(
    run: Run, position: int, person: User, token: str, elsewhere: Project | None = None
) -> Run:
    """Make the result at `position` again, without the others; else as `rerun`."""
    key = f"{run.pk}.{position}-{starting.press_key(token)}"
    start_request = repetition(run, person, Source.RERUN, key, elsewhere)
    new_run, _ = starting.start(replace(start_request, arguments=arguments_alone(run, position)))
    new_run.endpoint = run.endpoint
    return new_run


def arguments_alone(run: Run, position: int) -> dict[str, Any]:
    """Return the arguments that make the result at `position` of a run again alone."""
    seed = result_names.seed_of(run)
    arguments = run.arguments if isinstance(run.arguments, dict) else {}
    used_seed = int(seed) if seed else None
    return alone(version_of(run.endpoint).root, arguments, position, used_seed)


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
