"""Decides which users are notified that a run has ended.

The end of a run writes a row if a notification may be needed (`note_end`). The worker decides later
(`process_due`), after an open page of the user had time to report that it showed the end.
Webhooks for runs of the API, requested by the caller or by a channel, are sent in any case.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from core.db import clock
from core.formatting import counted, duration
from core.notify import channel as wake_up
from features.notifications import kinds, outbox
from features.notifications.delivery.messages import link
from features.notifications.models import (
    Channel,
    Delivery,
    Method,
    Notification,
    NotificationPreferences,
    RunEnd,
)
from runs.models import Run
from runs.promises.lifecycle import Lifecycle
from runs.promises.registry import registered
from runs.results import error_messages
from runs.results.timeline import WAYS_IN

SHORTEST = timedelta(minutes=1)  # duration of the shortest runs with notifications
WATCHED_WITHIN = timedelta(seconds=10)  # within this time a page reports that it showed the end
DIGEST_EVERY = timedelta(minutes=10)  # so that a board of long runs does not cause many mails
LISTED = 20  # runs in one digest
PEOPLE_AT_ONCE = 50
RUNS_AT_ONCE = 500
REST_S = 600.0


def note_end(run: Run, changes: Mapping[str, Any]) -> None:
    """Write a row if this run's end may need a notification; most runs are too short."""
    is_by_api = any(event.get("what") in WAYS_IN for event in run.events)
    took = changes["ended_at"] - run.created_at
    if not is_by_api and took < SHORTEST:
        return
    due_at = clock.now() if is_by_api else clock.now() + WATCHED_WITHIN
    row = RunEnd(run_id=run.pk, user_id=run.user_id, is_by_api=is_by_api, due_at=due_at)
    RunEnd.objects.bulk_create([row], ignore_conflicts=True)


def note_watched(user_pk: int, runs: Iterable[uuid.UUID]) -> None:
    """Record that a user's open page has shown the end of these runs."""
    rows = RunEnd.objects.filter(run_id__in=list(runs), user_id=user_pk, is_watched=False)
    if rows.exists():  # usually not, and an UPDATE would take SQLite's lock for nothing
        rows.update(is_watched=True)


def process_due() -> float:
    """Decide about the runs that are due; returns the seconds until the next one is."""
    due_ends = RunEnd.objects.filter(due_at__lte=clock.now())
    for user_pk in due_ends.values_list("user_id", flat=True).distinct()[:PEOPLE_AT_ONCE]:
        _process(user_pk)
    next_at = RunEnd.objects.aggregate(at=Min("due_at"))["at"]
    return max(1.0, min((next_at - clock.now()).total_seconds(), REST_S)) if next_at else REST_S


def _process(user_pk: int) -> None:
    """Decide about one user's runs, in one transaction, by one worker."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user_pk)
        rows = list(RunEnd.objects.filter(user=person, due_at__lte=clock.now())[:RUNS_AT_ONCE])
        loaded = Run.objects.select_related("endpoint", "user", "project").light()
        runs = loaded.in_bulk([row.pk for row in rows])
        for row in rows:
            if row.is_by_api:
                release_webhooks(runs[row.pk])
        own = set(Run.objects.own(person).filter(pk__in=runs).values_list("pk", flat=True))
        unwatched = [runs[row.pk] for row in rows if not row.is_watched and row.pk in own]
        later = _notify_or_defer(person, unwatched)
        deferred = [run.pk for run in unwatched] if later else []
        ends = RunEnd.objects.filter(pk__in=runs)
        ends.filter(pk__in=deferred).update(due_at=later, is_by_api=False)
        ends.exclude(pk__in=deferred).delete()


def _notify_or_defer(person: User, ended: Sequence[Run]) -> datetime | None:
    """Notify a user of long runs; return when to retry if the last digest was just sent."""
    least = _min_duration(person)
    long = [
        run
        for run in ended
        if run.took >= least and run.deleted_at is None and run.state != Run.State.CANCELLED
        if not any(owner.notifies_of_end(run) for owner in registered(Lifecycle))
    ]
    if not long:
        return None
    before = Notification.objects.filter(user=person, kind=kinds.RUN_FINISHED).first()
    if before and before.created_at > timezone.now() - DIGEST_EVERY:
        return before.created_at + DIGEST_EVERY
    for project in dict.fromkeys(run.project for run in long):
        runs = [run for run in long if run.project == project]
        subject, text, path = in_words(runs)
        about_row = runs[0] if len(runs) == 1 else project
        message = {"subject": subject, "text": text, "path": path, "key": f"run {runs[0].pk}"}
        outbox.notify(person, kinds.RUN_FINISHED, about=about_row, **message)
    return None


def _min_duration(person: User) -> timedelta:
    stored_preferences = NotificationPreferences.objects.filter(user=person).first()
    minutes = (stored_preferences or NotificationPreferences()).long_run_minutes
    return max(SHORTEST, timedelta(minutes=minutes))


def in_words(runs: Sequence[Run]) -> tuple[str, str, str]:
    """Return subject, text and path for one run or several."""
    if len(runs) == 1:
        (run,) = runs
        text = f"{run.endpoint.name}\n{_reason(run)}".strip()
        return _sentence(run), text, run.get_absolute_url()
    failed = sum(run.state == Run.State.FAILED for run in runs)
    ends = f"{counted(len(runs), 'run')} have ended"
    subject = f"{ends}, {failed} of them failed" if failed else ends
    lines = [f"{_sentence(run)}\n{link(run.get_absolute_url())}" for run in runs[:LISTED]]
    if len(runs) > LISTED:
        lines.append(f"and {len(runs) - LISTED} more")
    return subject, "\n\n".join(lines), "/runs/"


def _sentence(run: Run) -> str:
    name = run.title or run.endpoint.name
    return f"{run.state_word} after {duration(run.took)}: {name}"


def _reason(run: Run) -> str:
    return error_messages.reason(run.error) if run.state == Run.State.FAILED else ""


def attach_webhook(run: Run, address: str) -> None:
    """Report the run's end to a vetted address; called in the transaction that creates the run."""
    Delivery.objects.create(
        user_id=run.user_id,
        method=Method.RUNS,
        address=address,
        run=run,
        state=Delivery.State.WAITING,
    )


def webhook_address_of(run: Run) -> str:
    """Return the address passed to `attach_webhook`; empty without one."""
    own = Delivery.objects.filter(run=run, channel=None).values_list("address", flat=True)
    return own.first() or ""


def release_webhooks(run: Run) -> None:
    """Send the ended run's webhooks; repeated calls have no effect."""
    now = clock.now()
    with transaction.atomic():
        waiting_deliveries = Delivery.objects.filter(run=run, state=Delivery.State.WAITING)
        waiting_deliveries.update(state=Delivery.State.PENDING, next_attempt_at=now)
        channels = Channel.objects.owned_by(run.user).filter(method=Method.RUNS, is_paused=False)
        Delivery.objects.bulk_create(
            [
                Delivery(
                    user_id=run.user_id,
                    method=Method.RUNS,
                    address=channel.address,
                    channel=channel,
                    run=run,
                    next_attempt_at=now,
                )
                for channel in channels
            ],
            ignore_conflicts=True,
        )
        wake_up.notify()
