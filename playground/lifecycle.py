"""The life of a run: which states follow which, and the one function that moves it on.

    created → submitting → queued → running → succeeded | failed | cancelled
                        ↘ unconfirmed ↗

Whoever saw something of a run (the submit's answer, the status stream, a poll, a webhook,
the result, the answer to a cancellation, the list of requests, a piece of a stream) hands
an `Observation` to `record`. Observations may come twice, late, in any order, from several
processes and against each other: a state never goes back, a final state never changes
nor does what came of it (only log, metrics and what was billed may be completed), a log
line is kept once, times stand in their order. What says nothing new is refused without
harm.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

import fal
from catalog import prepared
from catalog.models import Endpoint, Standing
from fal.storable import storable
from playground import changes, clock
from playground.metrics import inference_s
from playground.models import GIVEN_UP, Artifact, LateLook, Run, Transport
from playground.writing import Changed, change, surely
from schemas import artifacts

State = Run.State
log = logging.getLogger(__name__)

_ENDS = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
# What may follow on what. A run may be seen late, so steps between may be missing. Only what
# certainly got nowhere goes back to `created`, by `give_back`, never by an observation.
MOVES: Mapping[str, frozenset[str]] = {
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
# The page that shows a run fetches these from upstream at once; our copy waits a moment for it.
SHOWN_AT_ONCE = {"image", "video", "audio"}
REST = timedelta(seconds=1)
LATER = timedelta(seconds=3)  # whoever follows the run tells it by then
LOG_LIMIT = 10_000  # lines kept of one run; a page shows the tail
POSITION_LIMIT = 200
LARGEST_POSITION = 2**31 - 1
EVENT_LIMIT = 50
ANSWERED = "Upstream answered"  # begins the words of an event whose answer came, but told nothing
NOT_READ = f"{ANSWERED}, and the answer could not be read."
_FREE = {"worker": "", "lease_until": None}  # whoever looks next may take it at once
HOLDER_RENEWS_WITHIN = timedelta(seconds=15)
PROOFS = {"submit", "webhook"}  # who tell of a run by a word that nobody else has
TIMES = ("created_at", "sent_at", "queued_at", "started_at", "ended_at", "result_at")


@dataclass(frozen=True)
class Observation:
    """What somebody saw of a run; empty fields say nothing. `by` names who, for log and timeline."""

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
    is_bare: bool = False  # tells the end alone: what it cost and how it went is to be asked for
    before_leaving: bool = False  # seen by who did not send it: void when another worker has
    artifacts: Sequence[artifacts.Artifact] = ()


def may_follow(state: str, after: str) -> bool:
    """Whether an observation may move a run from `after` to `state`."""
    return state != State.CREATED and state in MOVES[after]


def merge(run: Run, seen: Observation) -> Changed:
    """The columns of `run` that `seen` changes; empty when it says nothing new, or nothing of this run."""
    seen = _storable(seen)
    is_other = bool(run.request_id) and seen.request_id not in ("", run.request_id)
    if is_other and not (was_guessed(run) and seen.by in PROOFS):
        return {}
    if seen.before_leaving and run.sent_at:
        return {}
    if run.is_final:
        facts = _facts(run, seen) if seen.state not in _ENDS - {run.state} else {}
        return facts | _begun(run, facts)
    moves = may_follow(seen.state, run.state) or _broke_off(run, seen)
    changed = _moved(run, seen) if moves else {}
    if moves or seen.state in ("", run.state):
        changed |= _current(run, seen)
    if seen.request_id and (is_other or not run.request_id):
        changed["request_id"] = seen.request_id
    if is_other or (seen.handle and not run.handle):
        changed["handle"] = dict(seen.handle) if seen.handle else None
    changed |= _facts(run, seen)
    return changed | _begun(run, changed)


def was_guessed(run: Run) -> bool:
    """Whether its request was found in upstream's list, by what was sent: its own word puts another right."""
    is_found = any(event["what"] == "found" and event["text"] == "list" for event in run.events)
    return is_found and not run.is_final


def _storable(seen: Observation) -> Observation:
    """Without what no column takes: upstream may say anything, and must not stop a run by it."""
    position = seen.queue_position
    return replace(
        seen,
        queue_position=position if 0 <= (position or 0) <= LARGEST_POSITION else None,
        request_id=_fitting("request_id", seen.request_id),
        billable_units=_fitting("billable_units", seen.billable_units),
        note=seen.note and seen.note[:255],
    )


def _fitting(name: str, value: str) -> str:
    """A value that means nothing when it is cut: whole, or not at all."""
    longest = Run._meta.get_field(name).max_length  # type: ignore[union-attr]
    return value if len(value) <= (longest or 0) else ""


def _facts(run: Run, seen: Observation) -> Changed:
    """What is true whatever came of the run; a webhook, which ends it, tells none of it."""
    changed: Changed = {}
    if seen.billable_units and not run.billable_units:
        changed["billable_units"] = seen.billable_units
    if (metrics := run.metrics | dict(seen.metrics)) != run.metrics:
        changed["metrics"] = metrics
    if seen.logs and (lines := _lines(run.logs, seen.logs)) != run.logs:
        changed["logs"] = lines
    return changed


def _begun(run: Run, changed: Changed) -> Changed:
    """When a run that ended had started, where nobody saw it: by how long the model says that it worked."""
    ended_at = changed.get("ended_at", run.ended_at)
    worked_s = inference_s(changed.get("metrics", run.metrics))
    if not ended_at or not worked_s or run.started_at:
        return {}
    return _in_order(run, changed | {"started_at": ended_at - timedelta(seconds=worked_s)})


def _broke_off(run: Run, seen: Observation) -> bool:
    """Whether a run over one connection lost it: nobody can ask upstream how it is."""
    return _is_told_to_run(run) and seen.state == State.UNCONFIRMED


def _is_told_to_run(run: Run) -> bool:
    """Whether a run is on one connection, and counts as running because its request is out."""
    is_direct = run.transport != Transport.QUEUE and not run.handle
    return is_direct and run.state == State.RUNNING


def _moved(run: Run, seen: Observation) -> Changed:
    """What comes with another state: its times, what is over with it, and its end."""
    changed: Changed = {"state": seen.state}
    if seen.state in AT_UPSTREAM and run.queued_at is None and _was_sent(run, seen):
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
        changed["events"] = _with_event(run, what, why(seen.error or {}), seen.at)
        changed |= _FREE
    elif run.state == State.UNCONFIRMED:
        changed["events"] = _with_event(run, "found", seen.by, seen.at)
        changed |= _FREE if run.transport == Transport.QUEUE else _held()
    return changed | _in_order(run, changed)


def _held() -> Changed:
    """Of a run that tells of itself over its connection: whoever holds that renews the lease."""
    return {"worker": "", "lease_until": clock.now() + HOLDER_RENEWS_WITHIN}


def why(error: Mapping[str, Any]) -> str:
    """What an event's text says of `FalError.as_json()`."""
    if error.get("error") == fal.Unreadable.__name__:
        return NOT_READ
    words, status = str(error.get("message") or ""), error.get("status")
    return f"{ANSWERED} {status}: {words}" if status else words


def _was_sent(run: Run, seen: Observation) -> bool:
    """Whether upstream ever had the run: one that failed or was cancelled here never got there."""
    return seen.state not in _ENDS or bool(run.request_id or seen.request_id)


def _in_order(run: Run, changed: Changed) -> Changed:
    """The changed times, none before one that comes before it: clocks of observers differ."""
    ordered, latest = {}, None
    for name in TIMES:
        at = changed.get(name, getattr(run, name))
        if at and latest and at < latest:
            at = latest
        latest = at or latest
        if name in changed:
            ordered[name] = at
    return ordered


def _current(run: Run, seen: Observation) -> Changed:
    """What is true of the newest state alone: the place in line, the note, the output so far."""
    changed: Changed = {}
    position = seen.queue_position
    if seen.state == State.QUEUED and position not in (None, run.queue_position):
        stamp = seen.at.isoformat()
        if not run.positions or run.positions[-1][0] <= stamp:  # else it was seen before the last
            changed["queue_position"] = position
            changed["positions"] = [*run.positions[: POSITION_LIMIT - 1], [stamp, position]]
    if seen.note is not None and seen.note != run.note and seen.state not in _ENDS:
        changed["note"] = seen.note
    if seen.partial is not None and seen.partial != run.partial and seen.state != State.SUCCEEDED:
        changed["partial"] = seen.partial
    return changed


def _lines(
    known: Sequence[Mapping[str, Any]], told: Sequence[fal.LogLine | Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """All lines once, by their time; the last `LOG_LIMIT` of them."""
    merged = fal.by_moment(fal.merge_logs(_as_lines(known), _as_lines(told)))
    return [
        {"timestamp": line.timestamp, "level": line.level, "message": line.message}
        for line in merged[-LOG_LIMIT:]
    ]


def _as_lines(lines: Sequence[fal.LogLine | Mapping[str, Any]]) -> list[fal.LogLine]:
    read = (
        line if isinstance(line, fal.LogLine) else fal.LogLine.from_json(line) for line in lines
    )
    return [line for line in read if line]


def _with_event(run: Run, what: str, text: str, at: datetime) -> list[dict[str, str]]:
    return [*run.events, {"at": at.isoformat(), "what": what, "text": text}][-EVENT_LIMIT:]


def record(pk: uuid.UUID, seen: Observation) -> bool:
    """Write down what was seen of a run, with its artifacts at its end; False when it was nothing new."""

    def keep(changed: Changed) -> None:
        if changed.get("state") == State.SUCCEEDED and seen.artifacts:
            now, found = clock.now(), enumerate(seen.artifacts)
            prepared.insert(*(_row(pk, position, one, now) for position, one in found))
        if changed.get("state") in _ENDS and seen.is_bare:
            LateLook.objects.create(run_id=pk, due_at=clock.now() + LATER)

    changed = change(pk, lambda run: merge(run, seen), keep, is_seen=True)
    if not changed:
        log.debug("run %s: %s by %s was nothing new", pk, seen.state or "what was seen", seen.by)
    return bool(changed)


def _row(pk: uuid.UUID, position: int, found: artifacts.Artifact, now: datetime) -> Artifact:
    said = storable(asdict(found))
    values = {name: value for name, value in said.items() if name != "text"}
    rest = now + REST if found.kind in SHOWN_AT_ONCE else None
    return Artifact(run_id=pk, position=position, next_attempt_at=rest, **values)


async def arecord(pk: uuid.UUID, seen: Observation) -> bool:
    """`record`, surely: what was seen is paid for."""
    return await surely(record, pk, seen)


class Refused(ValueError):
    """No run of this model may be made; the message says why."""


def create(**values: Any) -> tuple[Run, bool]:
    """A new run, or the one that the same press of the button has made already (False).

    `form_token` is what tells: it is unique for a user. Every run begins here, whoever asks for it
    and however it travels: raises Refused where `endpoint` cannot be run.
    """
    if refusal := values["endpoint"].refusal:
        raise Refused(refusal)
    with transaction.atomic(savepoint=False):
        if prepared.insert(run := Run(**values)):
            changes.announce()
            return run, True
    return Run.objects.get(user=values["user"], form_token=values["form_token"]), False


def leave(pk: uuid.UUID, noted: set[datetime]) -> bool:
    """Note that the submit leaves now; False when the run is not to be sent.

    It may have ended, been cancelled, or its model blocked since it was made. Written before
    the request goes out: whoever finds the run half sent knows whether upstream may have it.
    `noted` is what the caller wrote before: the database may have taken a note and died before it said so.
    """
    is_mine = False

    def decide(run: Run) -> Changed:
        nonlocal is_mine
        if run.state != State.SUBMITTING or run.sent_at:
            is_mine = run.state == State.SUBMITTING and run.sent_at in noted
            return {}
        if run.cancel_requested_at:
            return _ended_here(run, State.CANCELLED)
        if refused := _refused(run):
            return refused
        noted.add(at := max(clock.now(), run.created_at))
        return {"sent_at": at, "note": ""}

    return "sent_at" in change(pk, decide) or is_mine


def refuse(pk: uuid.UUID) -> bool:
    """End a run whose model is blocked before anything of it is sent; False when it may be sent."""

    def decide(run: Run) -> Changed:
        return {} if run.state != State.SUBMITTING or run.sent_at else _refused(run)

    return bool(change(pk, decide))


def _refused(run: Run) -> Changed:
    """The end of a run whose model is blocked by now: as the row says it, not as it was once read."""
    if run.standing != Standing.BLOCKED:  # type: ignore[attr-defined]  # `writing` reads it along
        return {}
    endpoint = Endpoint.objects.only("gone_at", "standing", "standing_reason").get(
        pk=run.endpoint_id
    )
    error = fal.FalError(endpoint.refusal, type="model_blocked").as_json()
    return _ended_here(run, State.FAILED) | {"error": error}


def request_cancel(pk: uuid.UUID) -> bool:
    """Note that somebody wants the run to stop; False when it had ended.

    What was never sent ends at once. What nobody can find upstream is given up: nobody
    is asked to stop it. The rest ends when upstream says so, which may be with a result.
    """

    def decide(run: Run) -> Changed:
        if run.is_final:
            return {}
        at = timezone.now()
        wanted: Changed = {"cancel_requested_at": run.cancel_requested_at or at}
        if run.state == State.UNCONFIRMED:
            wanted["events"] = _with_event(run, "given up", "", at)
            wanted["error"] = fal.FalError("Given up without an answer.", type=GIVEN_UP).as_json()
        is_here = run.state in {State.CREATED, State.UNCONFIRMED} or is_before_submit(run)
        return wanted | (_ended_here(run, State.CANCELLED) if is_here else {})

    return bool(change(pk, decide))


def is_before_submit(run: Run) -> bool:
    """Whether a run that is being sent certainly did not leave: that it leaves is noted before it does."""
    return run.state == State.SUBMITTING and not run.handle and run.sent_at is None


def give_back(pk: uuid.UUID, note: str, pause: timedelta, has_left: bool = False) -> None:
    """Let a run that certainly did not get anywhere be sent again, but not for `pause`.

    `has_left` says that the caller noted its leaving, and knows that it came to nothing.
    One that another worker has sent meanwhile stays as it is.
    """

    def decide(run: Run) -> Changed:
        may_go_back = State.CREATED in MOVES[run.state] or _is_told_to_run(run)
        if not may_go_back or run.handle or run.request_id:
            return {}
        if run.sent_at and not has_left:
            return {}
        if run.cancel_requested_at:
            return _ended_here(run, State.CANCELLED)
        until = clock.now() + pause
        again: Changed = {"state": State.CREATED, "note": note, "lease_until": until}
        if note:
            again["events"] = _with_event(run, "later", note, timezone.now())
        return again | {"sent_at": None, "queued_at": None, "started_at": None}

    change(pk, decide)


def note_event(pk: uuid.UUID, what: str, text: str) -> None:
    """Write into the timeline of a run that has not ended what happened besides its usual course.

    What is tried again and again, and always comes to the same, is said once.
    """

    def decide(run: Run) -> Changed:
        last = run.events[-1] if run.events else {}
        is_said = (last.get("what"), last.get("text")) == (what, text)
        if run.is_final or is_said:
            return {}
        return {"events": _with_event(run, what, text, timezone.now())}

    change(pk, decide)


def _ended_here(run: Run, state: str) -> Changed:
    """The end of a run that upstream need not be asked about."""
    changed: Changed = {"state": state, "ended_at": timezone.now(), "note": ""}
    return changed | _in_order(run, changed)
