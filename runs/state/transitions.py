"""The rules for a run's states and for what an observation changes; without a database.

Observations may arrive twice, late, in any order and from several processes, and may contradict
each other: a state never goes back; a final state and its outcome never change (only log, metrics
and billed units may be completed); a log line is stored once; timestamps keep their order. An
observation without news changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

import fal
from core.db import clock
from fal.messages.status import inference_s
from runs.models import START_TIMEOUT, Run, Transport
from runs.state.locked_update import ChangedColumns
from schemas import artifacts

State = Run.State

ENDS = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
# Which states may follow which. Steps may be skipped if a run is observed late. Only a run that
# certainly did not reach upstream goes back to `created`: by `requeue`, never by an observation.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    State.CREATED: ENDS | {State.SUBMITTING, State.QUEUED, State.RUNNING},
    State.SUBMITTING: ENDS | {State.CREATED, State.UNCONFIRMED, State.QUEUED, State.RUNNING},
    State.UNCONFIRMED: ENDS | {State.QUEUED, State.RUNNING},
    State.QUEUED: ENDS | {State.RUNNING},
    State.RUNNING: ENDS,
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
AT_UPSTREAM = frozenset({State.QUEUED, State.RUNNING, *ENDS})
WITH_RESULT = frozenset({State.SUCCEEDED, State.FAILED})
LOG_LIMIT = 10_000  # lines stored per run; a page shows the tail
POSITION_LIMIT = 200
LARGEST_POSITION = 2**31 - 1
EVENT_LIMIT = 50
ANSWERED = "Upstream answered"  # begins an event's text if the answer was unusable
NOT_READ = f"{ANSWERED}, and the answer could not be read."
_FREE = {"worker": "", "lease_until": None}  # any worker may claim the run at once
HOLDER_RENEWS_WITHIN = timedelta(seconds=15)
HOLDER_RENEWS_EVERY_S = 5.0
NOT_STARTED, TOO_LONG = "startup_timeout", "request_timeout"  # fal's types (protocol, 11.2)
CLOCKS_DIFFER = timedelta(seconds=2)  # of this machine and of the one that created the run
PROOFS = {"submit", "webhook"}  # sources that identify a run by a secret, not by its content
TIMES = ("created_at", "sent_at", "queued_at", "started_at", "ended_at", "result_at")


@dataclass(frozen=True)
class Observation:
    """News about a run; empty fields are unknown. `by` names the source, for log and timeline."""

    state: str = ""
    by: str = ""
    at: datetime = field(default_factory=timezone.now)
    request_id: str = ""
    handle: Mapping[str, Any] | None = None
    queue_position: int | None = None
    logs: Sequence[fal.LogLine | Mapping[str, Any]] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    partial: Any = None
    steps: Sequence[Mapping[str, Any]] | None = None
    output: Any = None
    output_text: str = ""
    excerpt: Mapping[str, str] | None = None  # columns of `ResultExcerpt`
    error: Mapping[str, Any] | None = None
    billable_units: str = ""
    note: str | None = None
    is_bare: bool = False  # only reports the end: billing, metrics and log have to be backfilled
    before_submit: bool = False  # ignored if another worker has already submitted the run
    artifacts: Sequence[artifacts.Artifact] = ()


def is_allowed(state: str, after: str) -> bool:
    """Whether an observation may move a run from `after` to `state`."""
    return state != State.CREATED and state in TRANSITIONS[after]


def changes_of(run: Run, news: Observation) -> ChangedColumns:
    """Return the columns that `news` changes; empty without news, or for another run."""
    news = _db_safe(news)
    is_other = bool(run.request_id) and news.request_id not in ("", run.request_id)
    if is_other and not (is_matched_by_content(run) and news.by in PROOFS):
        return {}
    if news.before_submit and run.sent_at:
        return {}
    if run.is_final:
        facts = _facts(run, news) if news.state not in ENDS - {run.state} else {}
        return facts | _inferred_start(run, facts)
    moves = is_allowed(news.state, run.state) or _lost_connection(run, news)
    changes = _transition(run, news) if moves else {}
    if moves or news.state in ("", run.state):
        changes |= _transient_facts(run, news)
    if news.request_id and (is_other or not run.request_id):
        changes["request_id"] = news.request_id
    if is_other or (news.handle and not run.handle):
        changes["handle"] = dict(news.handle) if news.handle else None
    changes |= _facts(run, news)
    return changes | _inferred_start(run, changes)


def is_matched_by_content(run: Run) -> bool:
    """Whether the run's request was only matched by input in the list: a proof may correct it."""
    is_found = any(event["what"] == "found" and event["text"] == "list" for event in run.events)
    return is_found and not run.is_final


def _db_safe(news: Observation) -> Observation:
    """Drop values that no column can store, so that nothing from upstream can block a run."""
    position = news.queue_position
    return replace(
        news,
        queue_position=position if 0 <= (position or 0) <= LARGEST_POSITION else None,
        request_id=_truncate("request_id", news.request_id),
        billable_units=_truncate("billable_units", news.billable_units),
        note=news.note and news.note[:255],
    )


def _truncate(name: str, value: str) -> str:
    """Return the value; empty if it is too long, since a truncated id or amount would be wrong."""
    longest = Run._meta.get_field(name).max_length  # type: ignore[union-attr]
    return value if len(value) <= (longest or 0) else ""


def _facts(run: Run, news: Observation) -> ChangedColumns:
    """Return facts that hold for any outcome: billed units, metrics, log. Webhooks lack them."""
    changes: ChangedColumns = {}
    if news.billable_units and not run.billable_units:
        changes["billable_units"] = news.billable_units
    is_measured = run.is_final and run.metrics  # clients have read them
    if not is_measured and (metrics := run.metrics | dict(news.metrics)) != run.metrics:
        changes["metrics"] = metrics
    if news.logs and (lines := _merged_log(run.logs, news.logs)) != run.logs:
        changes["logs"] = lines
    return changes


def _inferred_start(run: Run, changes: ChangedColumns) -> ChangedColumns:
    """Return an ended run's unobserved start, computed from its inference time."""
    ended_at = changes.get("ended_at", run.ended_at)
    worked_s = inference_s(changes.get("metrics", run.metrics))
    if not ended_at or not worked_s or run.started_at:
        return {}
    return ordered_times(run, changes | {"started_at": ended_at - timedelta(seconds=worked_s)})


def _lost_connection(run: Run, news: Observation) -> bool:
    """Whether a run over one connection has lost it; upstream has no status for such a run."""
    return is_assumed_running(run) and news.state == State.UNCONFIRMED


def is_assumed_running(run: Run) -> bool:
    """Whether a run over one connection counts as running because its request was sent."""
    is_direct = run.transport != Transport.QUEUE and not run.handle
    return is_direct and run.state == State.RUNNING


def _transition(run: Run, news: Observation) -> ChangedColumns:
    """Return the columns that change with the state: times, cleared fields, the outcome."""
    changes: ChangedColumns = {"state": news.state}
    if news.state in AT_UPSTREAM and run.queued_at is None and _reached_upstream(run, news):
        changes["queued_at"] = news.at
    if news.state == State.RUNNING:
        changes["started_at"] = news.at
    if news.state != State.QUEUED and run.queue_position is not None:
        changes["queue_position"] = None
    if run.note:
        changes["note"] = ""
    if news.state in ENDS:
        error = gave_up(run, news.error, news.at)
        changes |= {"ended_at": news.at, "output": news.output, "error": error}
        if news.output_text:
            changes["output_text"] = news.output_text
        if news.state in WITH_RESULT:
            changes["result_at"] = timezone.now()
        if news.state == State.SUCCEEDED and run.partial is not None:
            changes["partial"] = None
    if news.state == State.UNCONFIRMED:
        event_kind = "lost" if run.transport == Transport.QUEUE else "broke"
        changes["events"] = with_event(run, event_kind, event_text(news.error or {}), news.at)
        changes |= _FREE
    elif run.state == State.UNCONFIRMED:
        changes["events"] = with_event(run, "found", news.by, news.at)
        changes |= _FREE if run.transport == Transport.QUEUE else _renewed_lease()
    return changes | ordered_times(run, changes)


def gave_up(run: Run, error: Mapping[str, Any] | None, at: datetime) -> Mapping[str, Any] | None:
    """Return a run's error; if the run's own start timeout has ended it, with that timeout.

    A model's start may fail with the same type. Webhooks lack the header that tells them apart, so
    the run must have waited for that long. Of a run that has started, or whose type says that its
    processing took too long, fal must have said that it is the caller's timeout.
    """
    timeout_s = run.options.get(START_TIMEOUT)
    kind = error.get("type") if error else None
    if not timeout_s or not error or kind not in (NOT_STARTED, TOO_LONG):
        return error
    is_callers = error.get("is_retryable") is False
    is_waiting = kind == NOT_STARTED and not (run.started_at and error.get("is_retryable"))
    is_due = is_start_overdue(run, at + CLOCKS_DIFFER) and (is_callers or is_waiting)
    return {**error, START_TIMEOUT: timeout_s} if is_due else error


def is_start_overdue(run: Run, at: datetime) -> bool:
    """Whether a run had to start before `at`, by its own start timeout."""
    timeout_s = run.options.get(START_TIMEOUT)
    # In seconds: earlier versions took timeouts that no time can have.
    return bool(timeout_s) and (at - run.created_at).total_seconds() >= timeout_s


def _renewed_lease() -> ChangedColumns:
    """Return a lease for a run whose connection has reported again; its holder renews it."""
    return {"worker": "", "lease_until": clock.now() + HOLDER_RENEWS_WITHIN}


def event_text(error: Mapping[str, Any]) -> str:
    """Return the text of a timeline event for `FalError.as_json()`."""
    if error.get("error") == fal.Unreadable.__name__:
        return NOT_READ
    message, status = str(error.get("message") or ""), error.get("status")
    return f"{ANSWERED} {status}: {message}" if status else message


def _reached_upstream(run: Run, news: Observation) -> bool:
    """Whether upstream ever had the run; False if it failed or was cancelled before the submit."""
    return news.state not in ENDS or bool(run.request_id or news.request_id)


def ordered_times(run: Run, changes: ChangedColumns) -> ChangedColumns:
    """Return the changed times, each no earlier than the previous one: observers' clocks differ."""
    ordered, latest = {}, None
    for name in TIMES:
        at = changes.get(name, getattr(run, name))
        if at and latest and at < latest:
            at = latest
        latest = at or latest
        if name in changes:
            ordered[name] = at
    return ordered


def _transient_facts(run: Run, news: Observation) -> ChangedColumns:
    """Return facts about the current state only: queue position, note, partial output."""
    changes: ChangedColumns = {}
    position = news.queue_position
    if news.state == State.QUEUED and position not in (None, run.queue_position):
        stamp = news.at.isoformat()
        if not run.positions or run.positions[-1][0] <= stamp:  # else it is outdated
            changes["queue_position"] = position
            changes["positions"] = [*run.positions[: POSITION_LIMIT - 1], [stamp, position]]
    if news.note is not None and news.note != run.note and news.state not in ENDS:
        changes["note"] = news.note
    if news.partial is not None and news.partial != run.partial and news.state != State.SUCCEEDED:
        changes["partial"] = news.partial
    if news.steps and len(news.steps) > len(run.steps or ()):
        changes["steps"] = list(news.steps)
    return changes


def _merged_log(
    stored_log: Sequence[Mapping[str, Any]], new: Sequence[fal.LogLine | Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the last `LOG_LIMIT` of all lines, sorted by time, without duplicates."""
    merged = fal.sort_logs(fal.merge_logs(_parse_log(stored_log), _parse_log(new)))
    return [
        {"timestamp": line.timestamp, "level": line.level, "message": line.message}
        for line in merged[-LOG_LIMIT:]
    ]


def _parse_log(lines: Sequence[fal.LogLine | Mapping[str, Any]]) -> list[fal.LogLine]:
    parsed = (
        line if isinstance(line, fal.LogLine) else fal.LogLine.from_json(line) for line in lines
    )
    return [line for line in parsed if line]


def with_event(run: Run, event_kind: str, text: str, at: datetime) -> list[dict[str, str]]:
    """Return the run's events with one more; only the last `EVENT_LIMIT`."""
    return [*run.events, {"at": at.isoformat(), "what": event_kind, "text": text}][-EVENT_LIMIT:]
