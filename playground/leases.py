"""Who works on which run: a lease in the row, so that a dead worker's runs are taken over.

On PostgreSQL several workers claim side by side (`SKIP LOCKED`); on SQLite a claim is
one immediate transaction. How many runs may be under way at once, for everybody and for
each person, is counted in the rows, whichever worker sent them.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, CharField, DateTimeField, F, Q, UUIDField, When, Window
from django.db.models.functions import Greatest, RowNumber

from catalog.models import Standing
from catalog.prepared import Prepared, PreparedUpdate, Slot, Slots
from playground import changes, clock, lifecycle, outcomes
from playground.files import inputs
from playground.lifecycle import Observation
from playground.models import Run, Transport
from playground.querysets import RunQuerySet
from playground.turns import (
    NO_LIMIT,
    NONE_TRIED,
    Free,
    Limits,
    MayGo,
    Tried,
    Waiting,
    fair,
    numbered,
    within,
)

LEASE = lifecycle.HOLDER_RENEWS_WITHIN
RENEW_EVERY_S = 5.0
# Who takes a live session over can only end it, so its process is given time to come back.
LIVE_LEASE = timedelta(minutes=1)

State = Run.State
HALF_SENT = {
    "message": "Its worker stopped, or lost the database, while upstream's answer was on the way."
}
SESSION_CUT = (
    "The process that painted it stopped. Pictures after the last one here may be missing."
)
UNDER_WAY = (State.SUBMITTING, State.QUEUED, State.RUNNING)
# Of PostgreSQL's advisory locks: two workers must not both fill the last free place.
SENDING_LOCK = 0x5649_5452


FEW = 8  # free runs that are read as they are; of more, the database chooses whose turn it is
# What it takes to send a run, or to take it up.
_TO_SEND = (
    "user_id",
    "state",
    "transport",
    "arguments",
    "handle",
    "partial",
    "sent_at",
    "created_at",
    "attempts",
    "webhook_token",
    "endpoint__endpoint_id",
    "endpoint__standing",
)
GOES_ON = " The run goes on by itself."

# Whether the caller sends a run, if it gets it, before it does anything else.
MayLeave = Callable[[Run], bool]


@dataclass(frozen=True)
class Claim:
    """What a worker got to do: runs to send (with their endpoints), and sent ones to follow."""

    to_send: list[Run]
    to_follow: list[uuid.UUID]


class Begun(NamedTuple):
    """Free runs that had been begun, by what is to be done with them."""

    to_send: list[Run]  # after all
    to_follow: list[uuid.UUID]
    held: list[uuid.UUID]  # by the very worker that looks
    broken_off: list[Run]  # with their worker


def claim(
    worker: str,
    limit: int,
    now: datetime | None = None,
    may_go: MayGo = NO_LIMIT,
    may_leave: MayLeave = lambda run: False,
    tried: Tried = NONE_TRIED,
    held: Collection[uuid.UUID] = (),
    is_shaken: bool = False,
) -> Claim:
    """Take up to `limit` free runs: first those under way, then new ones, as many as `may_go`, untried models first.

    A run found half sent belongs to a worker that died while sending: upstream may have
    it, so it becomes unconfirmed and is never sent again by itself. One whose files were
    still going up was not sent. What this worker has `held` all the same, through a sleep
    or a locked database that took longer than its lease, it goes on with. Right after such a database
    (`is_shaken`), which kept the others from renewing theirs, it leaves those to them for now.

    Where they are few, new ones that `may_leave` are noted as sent by the same commit, which spares each of
    them one (`lifecycle.leave`); of many each leaves in its turn. Who lets them must hear the answer: where
    none came, `take_back` them.
    """
    now = now or clock.now()
    first = [Free(*row) for row in _FIRST.all(now=now)]
    if not first:
        return Claim([], [])
    is_all = len(first) < FEW
    waiting = numbered(first, may_go, tried) if is_all else None
    may_be_begun = not is_all or any(one.state != State.CREATED for one in first)
    with transaction.atomic():
        begun = Begun([], [], [], [])
        if may_be_begun:
            begun = _taken_over(now, limit, held, is_shaken)
        room = limit - len(begun.to_send) - len(begun.to_follow)
        fresh = _fresh(now, room, may_go, tried, waiting)
        leaving = [run for run in fresh if is_all and _has_all(run) and may_leave(run)]
        mine = {"worker": worker, "lease_until": now + LEASE}
        for run in (sending := begun.to_send + fresh):
            run.attempts += 1
        if staying := [run.pk for run in sending if run not in leaving]:
            _MINE.run(pks=staying, **mine)
        if leaving:
            _LEAVING.run(pks=[run.pk for run in leaving], now=now, **mine)
            for run in leaving:
                run.sent_at = max(now, run.created_at)
        if followed := begun.to_follow + begun.held:
            Run.objects.filter(pk__in=followed).update(**mine)
        for run in begun.broken_off:
            if run.transport == Transport.REALTIME:
                lifecycle.note_event(run.pk, "cut", SESSION_CUT)
            lifecycle.record(run.pk, _broken_off(run))
    return Claim(sending, begun.to_follow)


def _has_all(run: Run) -> bool:
    """Whether nothing is to be done before a run (with its endpoint) leaves."""
    return run.endpoint.standing != Standing.BLOCKED and not inputs.has_files(run)


def take_back(worker: str, claimed_at: datetime) -> None:
    """Free the runs of this worker's claim, of which it heard nothing: it sent none of them."""
    mine = Run.objects.unfinished().filter(worker=worker, lease_until=claimed_at + LEASE)
    unsent = mine.filter(state=State.SUBMITTING, handle=None)
    unsent.update(sent_at=None, worker="", lease_until=None, version=F("version") + 1)


def has_free(may_go: MayGo = NO_LIMIT) -> bool:
    """Whether `claim` would find something, limits and all; a look without a write, for a worker with runs."""
    now = clock.now()
    if _BEGUN.all(now=now):
        return True
    # Counting those under way costs more the more there are; mostly nobody waits.
    return bool(_WAITING.all(now=now)) and bool(_next(now, 1, may_go))


def is_room(user_id: int) -> bool:
    """Whether one more run of this person may be under way now."""
    under_way = Counter(_SENT.all())
    mine, limits = under_way[user_id], _limits()
    return mine < limits.per_user and limits.places(under_way, is_first=not mine) > 0


def _limits() -> Limits:
    return Limits(settings.RUNS_AT_ONCE, settings.RUNS_AT_ONCE_PER_USER)


def _taken_over(now: datetime, limit: int, held: Collection[uuid.UUID], is_shaken: bool) -> Begun:
    begun = Begun([], [], [], [])
    if not _BEGUN.all(now=now):  # which is cheaper than to lock what is seldom there
        return begun
    free = _begun(now)
    if is_shaken:
        free = free.filter(Q(lease_until=None) | Q(pk__in=list(held)))
    for run in _locked(free).order_by("created_at")[:limit]:
        if run.pk in held:
            begun.held.append(run.pk)
        elif lifecycle.is_before_submit(run):
            begun.to_send.append(run)
        elif run.handle:
            begun.to_follow.append(run.pk)
        else:
            begun.broken_off.append(run)
    return begun


def _broken_off(run: Run) -> Observation:
    """What is known of a run whose worker is gone, and its connection with it."""
    if run.transport == Transport.REALTIME:
        return outcomes.session(run.partial)
    return Observation(State.UNCONFIRMED, by="takeover", error=HALF_SENT)


def _fresh(
    now: datetime, room: int, may_go: MayGo, tried: Tried, waiting: Sequence[Waiting] | None
) -> list[Run]:
    """New runs whose turn it is, of those that wait; without them the database is asked who does."""
    if room <= 0:
        return []
    if connection.vendor == "postgresql":
        lock = f"SELECT pg_advisory_xact_lock({SENDING_LOCK})"
        connection.begin(lock)  # type: ignore[attr-defined]  # config.postgresql
    chosen = _next(now, room, may_go, tried, waiting)
    return _CHOSEN.all(now=now, pks=chosen) if chosen else []


def _next(
    now: datetime,
    room: int,
    may_go: MayGo,
    tried: Tried = NONE_TRIED,
    waiting: Sequence[Waiting] | None = None,
) -> list[uuid.UUID]:
    # Counted here: for a GROUP BY, SQLite would read the whole history in the users' order.
    under_way, limits = Counter(_SENT.all()), _limits()
    room = min(room, limits.places(under_way, is_first=True))
    if room <= 0:
        return []
    if waiting is None:
        waiting = _oldest_of_each(now, min(room, limits.per_user), may_go, tried)
    chosen = fair(waiting, under_way, limits, room)
    return within(may_go, chosen, waiting, tried)


def _oldest_of_each(now: datetime, most: int, may_go: MayGo, tried: Tried) -> list[Waiting]:
    """The first so many of each person's new runs, whatever number of them there is."""
    order: list[Any] = ["created_at", "pk"]
    if may_go:  # as `untried` has it
        times = [When(endpoint_id=model, then=count) for model, count in tried.items()]
        order = [Case(*times, default=0), "attempts", *order]
    number = Window(RowNumber(), partition_by="user_id", order_by=order)
    shut = [transport for transport, limit in may_go.items() if limit <= 0]
    able = _new(now).exclude(transport__in=shut) if shut else _new(now)
    rows = able.order_by().annotate(number=number).filter(number__lte=most)
    columns = ("pk", "user_id", "number", "created_at", "transport", "attempts", "endpoint_id")
    return [Waiting(*row) for row in rows.values_list(*columns)]


def _locked(runs: RunQuerySet) -> RunQuerySet:
    return (
        runs.with_endpoint()
        .only(*_TO_SEND)
        .select_for_update(
            of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
        )
    )


def _new(now: datetime | Slot) -> RunQuerySet:
    return _free(now).filter(state=State.CREATED)


def _begun(now: datetime | Slot) -> RunQuerySet:
    return _free(now).exclude(state=State.CREATED)


def _free(now: datetime | Slot) -> RunQuerySet:
    return Run.objects.unfinished().exclude(state=State.UNCONFIRMED).filter(_is_free(now))


def _is_free(now: datetime | Slot) -> Q:
    """Nobody's, and not to be left alone for a while."""
    return Q(lease_until=None) | Q(lease_until__lt=now)


# What every look for work asks.
_NOW = Slot("now", DateTimeField())
_PKS = Slots("pks", UUIDField())
_FIRST = Prepared(lambda: _free(_NOW).order_by("created_at", "pk").values_list(*Free._fields)[:FEW])
_BEGUN = Prepared(lambda: _begun(_NOW).order_by().values_list("pk")[:1])
_WAITING = Prepared(lambda: _new(_NOW).order_by().values_list("pk")[:1])
_SENT = Prepared(
    lambda: (
        Run.objects.unfinished()
        .filter(state__in=UNDER_WAY)
        .order_by()
        .values_list("user_id", flat=True)
    )
)
_CHOSEN = Prepared(lambda: _locked(_new(_NOW).filter(pk__in=_PKS)).order_by("created_at"))
_TAKEN: dict[str, Any] = {
    "worker": Slot("worker", CharField()),
    "lease_until": Slot("lease_until", DateTimeField()),
    "state": State.SUBMITTING,
    "attempts": F("attempts") + 1,
    "note": "",
}
_MINE = PreparedUpdate(lambda: Run.objects.filter(pk__in=_PKS), **_TAKEN)
_LEAVING = PreparedUpdate(
    lambda: Run.objects.filter(pk__in=_PKS),
    **_TAKEN,
    sent_at=Greatest(F("created_at"), _NOW),
    version=F("version") + 1,
)


def renew(worker: str, runs: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Keep the leases of runs that are still worked on; those that are no longer this worker's to do.

    A worker that slept longer than its lease (a suspended machine) has lost what it held: somebody
    else follows it. Who cancels a run before it has left wants no more of its files to go up.
    """
    held = Run.objects.unfinished().filter(pk__in=list(runs))
    # One that was taken for lost, and whose connection told of it since.
    found = Q(worker="", state=State.RUNNING, handle=None)
    mine = held.filter(Q(worker=worker) | found)
    mine.update(worker=worker, lease_until=clock.now() + LEASE)
    others = held.exclude(worker=worker).exclude(handle=None)
    dropped = Run.objects.filter(pk__in=list(runs), state=State.CANCELLED, sent_at=None)
    return {*others.values_list("pk", flat=True), *dropped.values_list("pk", flat=True)}


def hold(worker: str, pk: uuid.UUID) -> datetime | None:
    """Until when this process has a live session's run now; None when the run is over, or not its own any more."""
    until = clock.now() + LIVE_LEASE
    held = Run.objects.unfinished().filter(pk=pk, worker=worker)
    return until if held.update(lease_until=until) else None


def note(worker: str, troubles: Mapping[str, str]) -> None:
    """Say on the pages of runs that wait for upstream what ails it, or that it is well again.

    `troubles` is told by transport. A run over one connection waits for nobody once it is out, and one that
    was given back keeps what it was told of its own pause.
    """
    sent = Q(worker=worker, transport=Transport.QUEUE, state=State.SUBMITTING)
    sent &= Q(sent_at__isnull=False)  # else its files go up first
    followed = Q(worker=worker, handle__isnull=False, state__in=[State.QUEUED, State.RUNNING])
    new = Q(_is_free(clock.now()), state=State.CREATED)
    with transaction.atomic():
        noted = 0
        for transport, trouble in troubles.items():
            note = trouble[:200] + GOES_ON if trouble else ""
            runs = Run.objects.unfinished().filter(new | sent | followed, transport=transport)
            runs = runs.exclude(note=note)
            noted += runs.update(note=note, version=F("version") + 1)
        if noted:
            changes.announce()


def tell_turns() -> None:
    """Say on the pages of runs that wait for others under way that they do; whoever takes one takes it back."""
    now = clock.now()
    if not _WAITING.all(now=now):  # mostly nobody waits: then thousands need no count
        return
    under_way = Counter(_SENT.all())
    limits = _limits()
    busy = [user for user, count in under_way.items() if count >= limits.per_user]
    waiting = _new(now).filter(note="")
    team = _turn(under_way.total(), "of the team's runs")
    if limits.places(under_way, is_first=True) <= 0:
        told = [(waiting, team)]
    else:
        told = [(waiting.filter(user__in=busy), _turn(limits.per_user, "of your runs"))]
        if limits.places(under_way, is_first=False) <= 0:
            told.append((waiting.filter(user__in=under_way), team))
    with transaction.atomic():
        if sum(runs.update(note=words, version=F("version") + 1) for runs, words in told):
            changes.announce()


def _turn(count: int, whose: str) -> str:
    return f"It waits for its turn: {count} {whose} {'is' if count == 1 else 'are'} under way."


def release(worker: str, keep: Collection[uuid.UUID] = ()) -> None:
    """Hand every lease back at once but those of `keep`, so that another worker goes on without waiting.

    Whoever takes a half sent run over tells by `sent_at` whether it may have left.
    """
    held = Run.objects.unfinished().filter(worker=worker).exclude(pk__in=list(keep))
    held.update(worker="", lease_until=None)
    changes.announce()
