"""A run's state machine: the functions that change a run's state, each one commit.

    created → submitting → queued → running → succeeded | failed | cancelled
                        ↘ unconfirmed ↗

Every source of news about a run (the submit's answer, the status stream, a poll, a webhook, the
result, the answer to a cancel, the list of requests, a partial output) passes an `Observation` to
`record`; `transitions.py` decides what it may change.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

import fal
from catalog.models import Endpoint, Mark
from core.db import clock
from fal.db_safe import db_safe
from runs.file_kinds import MEDIA
from runs.models import (
    GIVEN_UP,
    START_TIMEOUT,
    Artifact,
    MetadataBackfill,
    ResultExcerpt,
    Run,
    Upload,
)
from runs.state.locked_update import ChangedColumns, retry_until_committed, update_locked
from runs.state.transitions import (
    ENDS,
    NOT_STARTED,
    TRANSITIONS,
    Observation,
    changes_of,
    is_assumed_running,
    is_start_overdue,
    ordered_times,
    with_event,
)
from schemas import artifacts

State = Run.State
log = logging.getLogger(__name__)

# The run's page loads these kinds from upstream at once, so our own copy can wait.
REST = timedelta(seconds=1)
LATER = timedelta(seconds=3)  # by then the worker that follows the run has recorded it


def record(pk: uuid.UUID, news: Observation) -> bool:
    """Store an observation of a run, and its artifacts at its end; return False without news."""

    def add_rows(new_values: ChangedColumns) -> None:
        if new_values.get("state") == State.SUCCEEDED and news.artifacts:
            now, numbered = clock.now(), enumerate(news.artifacts)
            Artifact.objects.bulk_create(
                [_artifact_row(pk, position, artifact, now) for position, artifact in numbered],
                ignore_conflicts=True,
            )
        elif new_values.get("state") == State.SUCCEEDED and news.excerpt:
            excerpt = ResultExcerpt(run_id=pk, **news.excerpt)
            ResultExcerpt.objects.bulk_create([excerpt], ignore_conflicts=True)
        if new_values.get("state") == State.FAILED and fal.FILE_DOWNLOAD in str(news.error):
            sent = Run.objects.annotate(text=Cast("sent_arguments", TextField()))
            text = sent.values_list("text", flat=True).get(pk=pk)
            Upload.objects.forget_addresses_in(text or "")
        if new_values.get("state") in ENDS and news.is_bare:
            MetadataBackfill.objects.create(run_id=pk, due_at=clock.now() + LATER)

    changes = update_locked(pk, lambda run: changes_of(run, news), add_rows)
    if not changes:
        log.debug("run %s: %s by %s was nothing new", pk, news.state or "what was seen", news.by)
    return bool(changes)


def _artifact_row(
    pk: uuid.UUID, position: int, artifact: artifacts.Artifact, now: datetime
) -> Artifact:
    fields = db_safe(asdict(artifact))
    values = {name: value for name, value in fields.items() if name != "text"}
    copy_at = now + REST if artifact.kind in MEDIA else None
    return Artifact(run_id=pk, position=position, next_attempt_at=copy_at, **values)


async def arecord(pk: uuid.UUID, news: Observation) -> bool:
    """Call `record` until it is committed: the outcome may have cost money."""
    return await retry_until_committed(record, pk, news)


def mark_submitted(pk: uuid.UUID, noted: set[datetime]) -> bool:
    """Mark a run as submitted now; return False if it must not be sent.

    It may have ended or been cancelled, or its model may have been blocked, since it was created.
    Committed before the request is sent, so a worker that takes over the run knows whether upstream
    may have it. `noted` holds the times of this caller's earlier attempts: the database may have
    committed one and failed before it answered.
    """
    is_mine = False

    def decide(run: Run) -> ChangedColumns:
        nonlocal is_mine
        if run.state != State.SUBMITTING or run.sent_at:
            is_mine = run.state == State.SUBMITTING and run.sent_at in noted
            return {}
        if run.cancel_requested_at:
            return _local_end(run, State.CANCELLED)
        if early_end := _blocked_end(run) or _overdue_end(run):
            return early_end
        noted.add(at := max(clock.now(), run.created_at))
        return {"sent_at": at, "note": ""}

    return "sent_at" in update_locked(pk, decide) or is_mine


def fail_if_blocked(pk: uuid.UUID) -> bool:
    """End an unsent run whose model is blocked; return False if it may be sent."""

    def decide(run: Run) -> ChangedColumns:
        return {} if run.state != State.SUBMITTING or run.sent_at else _blocked_end(run)

    return bool(update_locked(pk, decide))


def give_up_overdue(pk: uuid.UUID) -> None:
    """End an unsent run that had to start by now; fal then hears nothing of it."""

    def decide(run: Run) -> ChangedColumns:
        return _overdue_end(run) if run.state == State.CREATED and not run.sent_at else {}

    update_locked(pk, decide)


def _overdue_end(run: Run) -> ChangedColumns:
    """Return the end of a run whose start timeout is over, as fal would report it; else {}."""
    if not is_start_overdue(run, clock.now()):
        return {}
    message = "The run waited here until its start timeout was over."
    error = fal.RunFailed(message, status=504, type=NOT_STARTED).as_json()
    timeout_s = run.options[START_TIMEOUT]
    return _local_end(run, State.FAILED) | {"error": error | {START_TIMEOUT: timeout_s}}


def _blocked_end(run: Run) -> ChangedColumns:
    """Return the end of a run whose model is blocked, or {}, according to its locked row."""
    if run.mark != Mark.BLOCKED:  # type: ignore[attr-defined]  # an annotation of `locked_update`
        return {}
    endpoint = Endpoint.objects.only("gone_at", "mark", "mark_reason").get(pk=run.endpoint_id)
    error = fal.FalError(endpoint.refusal, type="model_blocked").as_json()
    return _local_end(run, State.FAILED) | {"error": error}


def request_cancel(pk: uuid.UUID, by: str = "") -> bool:
    """Record that the run is to be cancelled; return False if it had ended.

    `by` names the user in the timeline, if it is not the run's owner. A run that was never sent
    ends at once. An unconfirmed run is given up: upstream cannot be asked to stop it. Any other run
    ends when upstream says so, possibly with a result.
    """

    def decide(run: Run) -> ChangedColumns:
        if run.is_final:
            return {}
        at = timezone.now()
        changes: ChangedColumns = {"cancel_requested_at": run.cancel_requested_at or at}
        events = [("cancel by", by)] if by and not run.cancel_requested_at else []
        if run.state == State.UNCONFIRMED:
            events.append(("given up", ""))
            changes["error"] = fal.FalError("Given up without an answer.", type=GIVEN_UP).as_json()
        for event_kind, text in events:
            run.events = changes["events"] = with_event(run, event_kind, text, at)
        is_here = run.state in {State.CREATED, State.UNCONFIRMED} or is_before_submit(run)
        return changes | (_local_end(run, State.CANCELLED) if is_here else {})

    return bool(update_locked(pk, decide))


def is_before_submit(run: Run) -> bool:
    """Whether a run that is being sent has not been submitted yet (see `mark_submitted`)."""
    return run.state == State.SUBMITTING and not run.handle and run.sent_at is None


def requeue(
    pk: uuid.UUID,
    note: str,
    pause: timedelta,
    was_submitted: bool = False,
    *,
    has_event: bool = True,
) -> None:
    """Move a run that certainly did not reach upstream back to `created`, to wait for `pause`.

    `was_submitted`: the caller marked it as submitted and knows that the submit failed. The note is
    added to its timeline unless the caller has done that (`has_event`). Ignored if another worker
    has submitted the run meanwhile.
    """

    def decide(run: Run) -> ChangedColumns:
        may_go_back = State.CREATED in TRANSITIONS[run.state] or is_assumed_running(run)
        if not may_go_back or run.handle or run.request_id:
            return {}
        if run.sent_at and not was_submitted:
            return {}
        if run.cancel_requested_at:
            return _local_end(run, State.CANCELLED)
        until = clock.now() + pause
        requeued: ChangedColumns = {"state": State.CREATED, "note": note, "lease_until": until}
        if note and has_event:
            requeued["events"] = with_event(run, "later", note, timezone.now())
        return requeued | {"sent_at": None, "queued_at": None, "started_at": None}

    update_locked(pk, decide)


def note_event(pk: uuid.UUID, event_kind: str, text: str) -> None:
    """Add an event to the timeline of a run that has not ended.

    Ignored if it equals the last event: retries mostly fail in the same way.
    """

    def decide(run: Run) -> ChangedColumns:
        last = run.events[-1] if run.events else {}
        is_repeated = (last.get("what"), last.get("text")) == (event_kind, text)
        if run.is_final or is_repeated:
            return {}
        return {"events": with_event(run, event_kind, text, timezone.now())}

    update_locked(pk, decide)


def note_deed(pk: uuid.UUID, event_kind: str, text: str) -> None:
    """Add a user's action to a run's timeline, whether the run has ended or not."""
    update_locked(pk, lambda run: {"events": with_event(run, event_kind, text, timezone.now())})


def _local_end(run: Run, state: str) -> ChangedColumns:
    """Return the changes for an end that is decided here, without upstream."""
    changes: ChangedColumns = {"state": state, "ended_at": timezone.now(), "note": ""}
    return changes | ordered_times(run, changes)
