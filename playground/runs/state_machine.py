"""A run's state machine: which states follow which, and the one function that changes them.

    created → submitting → queued → running → succeeded | failed | cancelled
                        ↘ unconfirmed ↗

Every source of news about a run (the submit's answer, the status stream, a poll, a webhook, the
result, the answer to a cancel, the list of requests, a partial output) passes an `Observation` to
`record`. Observations may come twice, late, in any order and from several processes, and may
contradict each other: a state never goes back; a final state and its outcome never change (only
log, metrics and billed units may be completed); a log line is stored once; timestamps keep their
order. An observation without news changes nothing.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

import fal
from accounts.profile import preferences
from catalog.models import Endpoint, Standing
from core.db import clock, prepared_queries
from core.notify import channel
from fal.db_safe import db_safe
from fal.metrics import inference_s
from playground.models import GIVEN_UP, Artifact, LateLook, Run, Transport
from playground.runs.group_commit import Changed, retry_until_committed, update_locked
from schemas import artifacts

State = Run.State
log = logging.getLogger(__name__)

_ENDS = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
# Which states may follow which. Steps may be missing where a run is observed late. Only a run that
# certainly did not reach upstream goes back to `created`: by `requeue`, never by an observation.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    State.CREATED: _ENDS | {State.SUBMITTING, State.QUEUED, State.RUNNING},
    State.SUBMITTING: _ENDS | {State.CREATED, State.UNCONFIRMED, State.QUEUED, State.RUNNING},
    State.UNCONFIRMED: _ENDS | {State.QUEUED, State.RUNNING},
    State.QUEUED: _ENDS | {State.RUNNING},
    State.RUNNING: _ENDS,
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
AT_UPSTREAM = frozenset({State.QUEUED, State.RUNNING, *_ENDS})
WITH_RESULT = frozenset({State.SUCCEEDED, State.FAILED})
# The run's page loads these kinds from upstream at once; our own copy waits a moment for that.
SHOWN_AT_ONCE = {"image", "video", "audio"}
REST = timedelta(seconds=1)
LATER = timedelta(seconds=3)  # by then a worker that follows the run has recorded it
LOG_LIMIT = 10_000  # lines kept of one run; a page shows the tail
POSITION_LIMIT = 200
LARGEST_POSITION = 2**31 - 1
EVENT_LIMIT = 50
ANSWERED = "Upstream answered"  # begins an event's text where an answer came but was no use
NOT_READ = f"{ANSWERED}, and the answer could not be read."
_FREE = {"worker": "", "lease_until": None}  # any worker may claim the run at once
HOLDER_RENEWS_WITHIN = timedelta(seconds=15)
PROOFS = {"submit", "webhook"}  # sources that identify a run by a secret, not by its content
TIMES = ("created_at", "sent_at", "queued_at", "started_at", "ended_at", "result_at")


@dataclass(frozen=True)
class Observation:
    """News about a run; empty fields say nothing. `by` names the source, for log and timeline."""

    state: str = ""
    by: str = ""
    at: datetime = field(default_factory=timezone.now)
    request_id: str = ""
    handle: Mapping[str, Any] | None = None
    queue_position: int | None = None
    logs: Sequence[fal.LogLine | Mapping[str, Any]] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    partial: Any = None
    output: Any = None
    output_text: str = ""
    error: Mapping[str, Any] | None = None
    billable_units: str = ""
    note: str | None = None
    is_bare: bool = False  # has the end only: billing, metrics and log are to be backfilled
    before_submit: bool = False  # ignored if another worker has already submitted the run
    artifacts: Sequence[artifacts.Artifact] = ()


def is_allowed(state: str, after: str) -> bool:
    """Whether an observation may move a run from `after` to `state`."""
    return state != State.CREATED and state in TRANSITIONS[after]


def changes_of(run: Run, seen: Observation) -> Changed:
    """The columns of `run` that `seen` changes; empty if nothing is new or of another run."""
    seen = _db_safe(seen)
    is_other = bool(run.request_id) and seen.request_id not in ("", run.request_id)
    if is_other and not (is_matched_by_content(run) and seen.by in PROOFS):
        return {}
    if seen.before_submit and run.sent_at:
        return {}
    if run.is_final:
        facts = _facts(run, seen) if seen.state not in _ENDS - {run.state} else {}
        return facts | _inferred_start(run, facts)
    moves = is_allowed(seen.state, run.state) or _lost_connection(run, seen)
    changed = _transition(run, seen) if moves else {}
    if moves or seen.state in ("", run.state):
        changed |= _transient_facts(run, seen)
    if seen.request_id and (is_other or not run.request_id):
        changed["request_id"] = seen.request_id
    if is_other or (seen.handle and not run.handle):
        changed["handle"] = dict(seen.handle) if seen.handle else None
    changed |= _facts(run, seen)
    return changed | _inferred_start(run, changed)


def is_matched_by_content(run: Run) -> bool:
    """Whether its request was only matched by input in upstream's list: a proof may correct it."""
    is_found = any(event["what"] == "found" and event["text"] == "list" for event in run.events)
    return is_found and not run.is_final


def _db_safe(seen: Observation) -> Observation:
    """Drop values that no column can store: whatever upstream sends, it must not stop a run."""
    position = seen.queue_position
    return replace(
        seen,
        queue_position=position if 0 <= (position or 0) <= LARGEST_POSITION else None,
        request_id=_truncate("request_id", seen.request_id),
        billable_units=_truncate("billable_units", seen.billable_units),
        note=seen.note and seen.note[:255],
    )


def _truncate(name: str, value: str) -> str:
    """The value, or empty where it is too long: a truncated id or amount would be wrong."""
    longest = Run._meta.get_field(name).max_length  # type: ignore[union-attr]
    return value if len(value) <= (longest or 0) else ""


def _facts(run: Run, seen: Observation) -> Changed:
    """Facts that hold whatever the outcome: billed units, metrics, log. Webhooks lack them."""
    changed: Changed = {}
    if seen.billable_units and not run.billable_units:
        changed["billable_units"] = seen.billable_units
    if (metrics := run.metrics | dict(seen.metrics)) != run.metrics:
        changed["metrics"] = metrics
    if seen.logs and (lines := _merged_log(run.logs, seen.logs)) != run.logs:
        changed["logs"] = lines
    return changed


def _inferred_start(run: Run, changed: Changed) -> Changed:
    """The start of an ended run, where it was not observed: computed from its inference time."""
    ended_at = changed.get("ended_at", run.ended_at)
    worked_s = inference_s(changed.get("metrics", run.metrics))
    if not ended_at or not worked_s or run.started_at:
        return {}
    return _ordered_times(run, changed | {"started_at": ended_at - timedelta(seconds=worked_s)})


def _lost_connection(run: Run, seen: Observation) -> bool:
    """Whether a run over one connection lost it: upstream has no status of such a run."""
    return _is_assumed_running(run) and seen.state == State.UNCONFIRMED


def _is_assumed_running(run: Run) -> bool:
    """Whether a run over one connection counts as running because its request was sent."""
    is_direct = run.transport != Transport.QUEUE and not run.handle
    return is_direct and run.state == State.RUNNING


def _transition(run: Run, seen: Observation) -> Changed:
    """The columns that change with the state: times, cleared fields, the outcome."""
    changed: Changed = {"state": seen.state}
    if seen.state in AT_UPSTREAM and run.queued_at is None and _reached_upstream(run, seen):
        changed["queued_at"] = seen.at
    if seen.state == State.RUNNING:
        changed["started_at"] = seen.at
    if seen.state != State.QUEUED and run.queue_position is not None:
        changed["queue_position"] = None
    if run.note:
        changed["note"] = ""
    if seen.state in _ENDS:
        changed |= {"ended_at": seen.at, "output": seen.output, "error": seen.error}
        if seen.output_text:
            changed["output_text"] = seen.output_text
        if seen.state in WITH_RESULT:
            changed["result_at"] = timezone.now()
        if seen.state == State.SUCCEEDED and run.partial is not None:
            changed["partial"] = None
    if seen.state == State.UNCONFIRMED:
        what = "lost" if run.transport == Transport.QUEUE else "broke"
        changed["events"] = _with_event(run, what, event_text(seen.error or {}), seen.at)
        changed |= _FREE
    elif run.state == State.UNCONFIRMED:
        changed["events"] = _with_event(run, "found", seen.by, seen.at)
        changed |= _FREE if run.transport == Transport.QUEUE else _renewed_lease()
    return changed | _ordered_times(run, changed)


def _renewed_lease() -> Changed:
    """A lease for a run whose connection reported again: its holder renews it from now on."""
    return {"worker": "", "lease_until": clock.now() + HOLDER_RENEWS_WITHIN}


def event_text(error: Mapping[str, Any]) -> str:
    """The text of a timeline event for `FalError.as_json()`."""
    if error.get("error") == fal.Unreadable.__name__:
        return NOT_READ
    words, status = str(error.get("message") or ""), error.get("status")
    return f"{ANSWERED} {status}: {words}" if status else words


def _reached_upstream(run: Run, seen: Observation) -> bool:
    """Whether upstream ever had the run: not if it failed or was cancelled here before."""
    return seen.state not in _ENDS or bool(run.request_id or seen.request_id)


def _ordered_times(run: Run, changed: Changed) -> Changed:
    """The changed times, each no earlier than the one before it: observers' clocks differ."""
    ordered, latest = {}, None
    for name in TIMES:
        at = changed.get(name, getattr(run, name))
        if at and latest and at < latest:
            at = latest
        latest = at or latest
        if name in changed:
            ordered[name] = at
    return ordered


def _transient_facts(run: Run, seen: Observation) -> Changed:
    """Facts about the current state only: queue position, note, partial output."""
    changed: Changed = {}
    position = seen.queue_position
    if seen.state == State.QUEUED and position not in (None, run.queue_position):
        stamp = seen.at.isoformat()
        if not run.positions or run.positions[-1][0] <= stamp:  # else it is older than the last
            changed["queue_position"] = position
            changed["positions"] = [*run.positions[: POSITION_LIMIT - 1], [stamp, position]]
    if seen.note is not None and seen.note != run.note and seen.state not in _ENDS:
        changed["note"] = seen.note
    if seen.partial is not None and seen.partial != run.partial and seen.state != State.SUCCEEDED:
        changed["partial"] = seen.partial
    return changed


def _merged_log(
    stored: Sequence[Mapping[str, Any]], new: Sequence[fal.LogLine | Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The last `LOG_LIMIT` of all lines, by time, each once."""
    merged = fal.sort_logs(fal.merge_logs(_parse_log(stored), _parse_log(new)))
    return [
        {"timestamp": line.timestamp, "level": line.level, "message": line.message}
        for line in merged[-LOG_LIMIT:]
    ]


def _parse_log(lines: Sequence[fal.LogLine | Mapping[str, Any]]) -> list[fal.LogLine]:
    parsed = (
        line if isinstance(line, fal.LogLine) else fal.LogLine.from_json(line) for line in lines
    )
    return [line for line in parsed if line]


def _with_event(run: Run, what: str, text: str, at: datetime) -> list[dict[str, str]]:
    return [*run.events, {"at": at.isoformat(), "what": what, "text": text}][-EVENT_LIMIT:]


def record(pk: uuid.UUID, seen: Observation) -> bool:
    """Store an observation of a run, and its artifacts at its end; False when nothing is new."""

    def add_rows(changed: Changed) -> None:
        if changed.get("state") == State.SUCCEEDED and seen.artifacts:
            now, found = clock.now(), enumerate(seen.artifacts)
            prepared_queries.insert_rows(
                *(_artifact_row(pk, position, one, now) for position, one in found)
            )
        if changed.get("state") in _ENDS and seen.is_bare:
            LateLook.objects.create(run_id=pk, due_at=clock.now() + LATER)

    changed = update_locked(pk, lambda run: changes_of(run, seen), add_rows, is_repeatable=True)
    if not changed:
        log.debug("run %s: %s by %s was nothing new", pk, seen.state or "what was seen", seen.by)
    return bool(changed)


def _artifact_row(
    pk: uuid.UUID, position: int, found: artifacts.Artifact, now: datetime
) -> Artifact:
    fields = db_safe(asdict(found))
    values = {name: value for name, value in fields.items() if name != "text"}
    copy_at = now + REST if found.kind in SHOWN_AT_ONCE else None
    return Artifact(run_id=pk, position=position, next_attempt_at=copy_at, **values)


async def arecord(pk: uuid.UUID, seen: Observation) -> bool:
    """`record`, retried until the database takes it: the outcome may have cost money."""
    return await retry_until_committed(record, pk, seen)


class Refused(ValueError):
    """No run of this model may be created; the message says why."""


def create(**values: Any) -> tuple[Run, bool]:
    """Create a run (True), or return the one that the same button press has created (False).

    The press is known by `form_token`, which is unique for a user. Every run of every transport is
    created here. Raises Refused where `endpoint` cannot be run.

    Who has chosen so shows each new run to the team, once it has gone well.
    """
    if refusal := values["endpoint"].refusal:
        raise Refused(refusal)
    values.setdefault("is_example", preferences.shares_runs(values["user"]))
    with transaction.atomic(savepoint=False):
        if prepared_queries.insert_rows(run := Run(**values)):
            channel.notify()
            return run, True
    return Run.objects.get(user=values["user"], form_token=values["form_token"]), False


def create_all(runs: Sequence[Run]) -> None:
    """Create several new runs at once; all of them or, if a form token is known already, none.

    Raises Refused where an endpoint cannot be run, IntegrityError for a known form token.
    """
    for endpoint in {run.endpoint_id: run.endpoint for run in runs}.values():
        if endpoint.refusal:
            raise Refused(endpoint.refusal)
    if not runs:
        return
    with transaction.atomic():
        if not prepared_queries.insert_rows(*runs):
            raise IntegrityError("a run with one of these form tokens exists")
        channel.notify()


def mark_submitted(pk: uuid.UUID, noted: set[datetime]) -> bool:
    """Mark a run as submitted now; False when it must not be sent.

    It may have ended, been cancelled, or its model been blocked since it was created. Written
    before the request is sent: a worker that takes the run over knows whether upstream may have it.
    `noted` holds the times of earlier tries of this caller: the database may have committed one
    and failed before it answered.
    """
    is_mine = False

    def decide(run: Run) -> Changed:
        nonlocal is_mine
        if run.state != State.SUBMITTING or run.sent_at:
            is_mine = run.state == State.SUBMITTING and run.sent_at in noted
            return {}
        if run.cancel_requested_at:
            return _local_end(run, State.CANCELLED)
        if refused := _blocked_end(run):
            return refused
        noted.add(at := max(clock.now(), run.created_at))
        return {"sent_at": at, "note": ""}

    return "sent_at" in update_locked(pk, decide) or is_mine


def fail_if_blocked(pk: uuid.UUID) -> bool:
    """End an unsent run whose model is blocked; False when it may be sent."""

    def decide(run: Run) -> Changed:
        return {} if run.state != State.SUBMITTING or run.sent_at else _blocked_end(run)

    return bool(update_locked(pk, decide))


def _blocked_end(run: Run) -> Changed:
    """The end of a run whose model is blocked now, by its locked row; empty when it is not."""
    if run.standing != Standing.BLOCKED:  # type: ignore[attr-defined]  # an annotation of `group_commit`
        return {}
    endpoint = Endpoint.objects.only("gone_at", "standing", "standing_reason").get(
        pk=run.endpoint_id
    )
    error = fal.FalError(endpoint.refusal, type="model_blocked").as_json()
    return _local_end(run, State.FAILED) | {"error": error}


def request_cancel(pk: uuid.UUID, by: str = "") -> bool:
    """Record that a person wants the run to stop; False when it had ended.

    `by` names that person in the timeline where it is not the run's owner. A run that was never
    sent ends at once. An unconfirmed run is given up: upstream cannot be asked to stop it. Any
    other run ends when upstream says so, which may be with a result.
    """

    def decide(run: Run) -> Changed:
        if run.is_final:
            return {}
        at = timezone.now()
        wanted: Changed = {"cancel_requested_at": run.cancel_requested_at or at}
        events = [("cancel by", by)] if by and not run.cancel_requested_at else []
        if run.state == State.UNCONFIRMED:
            events.append(("given up", ""))
            wanted["error"] = fal.FalError("Given up without an answer.", type=GIVEN_UP).as_json()
        for what, text in events:
            run.events = wanted["events"] = _with_event(run, what, text, at)
        is_here = run.state in {State.CREATED, State.UNCONFIRMED} or is_before_submit(run)
        return wanted | (_local_end(run, State.CANCELLED) if is_here else {})

    return bool(update_locked(pk, decide))


def is_before_submit(run: Run) -> bool:
    """Whether a run that is being sent has not been submitted: `mark_submitted` comes first."""
    return run.state == State.SUBMITTING and not run.handle and run.sent_at is None


def requeue(pk: uuid.UUID, note: str, pause: timedelta, was_submitted: bool = False) -> None:
    """Move a run that certainly did not reach upstream back to `created`, and wait for `pause`.

    `was_submitted`: the caller marked it as submitted and knows that the submit failed.
    A run that another worker has submitted meanwhile stays as it is.
    """

    def decide(run: Run) -> Changed:
        may_go_back = State.CREATED in TRANSITIONS[run.state] or _is_assumed_running(run)
        if not may_go_back or run.handle or run.request_id:
            return {}
        if run.sent_at and not was_submitted:
            return {}
        if run.cancel_requested_at:
            return _local_end(run, State.CANCELLED)
        until = clock.now() + pause
        again: Changed = {"state": State.CREATED, "note": note, "lease_until": until}
        if note:
            again["events"] = _with_event(run, "later", note, timezone.now())
        return again | {"sent_at": None, "queued_at": None, "started_at": None}

    update_locked(pk, decide)


def note_event(pk: uuid.UUID, what: str, text: str) -> None:
    """Add an event to the timeline of a run that has not ended.

    The same event as the last one is not repeated: retries mostly fail the same way.
    """

    def decide(run: Run) -> Changed:
        last = run.events[-1] if run.events else {}
        is_repeated = (last.get("what"), last.get("text")) == (what, text)
        if run.is_final or is_repeated:
            return {}
        return {"events": _with_event(run, what, text, timezone.now())}

    update_locked(pk, decide)


def note_deed(pk: uuid.UUID, what: str, text: str) -> None:
    """Add what a person did with a run to its timeline, whether it has ended or not."""
    update_locked(pk, lambda run: {"events": _with_event(run, what, text, timezone.now())})


def _local_end(run: Run, state: str) -> Changed:
    """The end of a run that upstream need not be asked about."""
    changed: Changed = {"state": state, "ended_at": timezone.now(), "note": ""}
    return changed | _ordered_times(run, changed)
