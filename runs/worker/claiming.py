"""Claims runs for one worker whenever something has changed: how many, and for which hosts."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import datetime

from asgiref.sync import sync_to_async

from core.db import clock
from core.notify import channel
from fal import Addresses
from runs.models import Transport
from runs.worker import idle
from runs.worker.circuit_breaker import BreakerRegistry, HostBreaker
from runs.worker.limits import WORKER_LIMITS, WorkerLimits
from runs.worker.run_tasks import RunTasks
from runs.worker.scheduling import leases
from runs.worker.scheduling.database_stall import DatabaseStall
from runs.worker.scheduling.fair_scheduling import SubmitLimits
from runs.worker.transports.direct import CONNECTIONS

MAX_RUNS = 5000  # per worker; `leases` limits the runs in progress of all workers together
# Each write of thousands of runs wakes this task; claiming takes at most a fifth of the time.
CLAIM_TIME_SHARE = 0.2
LONGEST_CLAIM_PAUSE_S = 0.1
TRANSPORTS = (Transport.QUEUE, *CONNECTIONS)


def breaker_of(breakers: BreakerRegistry, addresses: Addresses, transport: str) -> HostBreaker:
    """Return the breaker of the host to which runs of a transport are sent."""
    if transport == Transport.QUEUE:
        return breakers.host(addresses.queue)
    return breakers.host(addresses.ws if transport == Transport.WEBSOCKET else addresses.run)


class RunClaimer:
    """Looks for free runs, claims them and starts their tasks.

    Without a key (`has_key`) it claims nothing: runs wait, and their pages say what is missing.
    """

    def __init__(
        self,
        worker: str,
        tasks: RunTasks,
        breakers: BreakerRegistry,
        addresses: Addresses,
        stall: DatabaseStall,
        *,
        has_key: bool,
        limits: WorkerLimits = WORKER_LIMITS,
    ) -> None:
        self.is_at_rest = False  # no run of any worker is in progress or waits
        self._worker = worker
        self._run_tasks = tasks
        self._breakers = breakers
        self._addresses = addresses
        self._stall = stall
        self._has_key = has_key
        self._limits = limits
        self._attempts_per_model: Counter[int] = Counter()  # while a breaker is not closed
        self._claim_took_s = 0.0
        self._pending_since: datetime | None = None  # start of a claim whose runs have no tasks yet

    async def run(self, signal: channel.Signal) -> float:
        """Claim free runs, at once and whenever something has changed; never returns."""
        claim_free = sync_to_async(self.claim_free)
        version = -1
        while True:
            pause_s = self._limits.rest_s if self.is_at_rest else idle.LOOK_AGAIN_S
            version = await signal.wait(version, pause_s)
            if claim := await self._stall.query(claim_free):
                self._run_tasks.start(claim)
                self._pending_since = None
            pause_s = min(self._claim_took_s / CLAIM_TIME_SHARE, LONGEST_CLAIM_PAUSE_S)
            await asyncio.sleep(pause_s)

    def claim_free(self) -> leases.Claim | None:
        """Claim free runs that may start now; None if there are none. Measures its own duration."""
        began = time.perf_counter()
        self.undo_pending()
        room = MAX_RUNS - len(self._run_tasks.tasks)
        submit_limits = self._submit_limits()
        is_worth_a_claim = room > 0 and self._has_key and self._has_free(submit_limits)
        # If the database blocked us here, it also blocked other workers from renewing their leases.
        self._measure(began)
        claim = self._claim(room, submit_limits) if is_worth_a_claim else None
        has_work = self._run_tasks.tasks or (claim and (claim.to_send or claim.to_follow))
        self.is_at_rest = not has_work and not leases.has_unfinished()
        self._record_submits(claim, submit_limits)
        # Measured with the claim: its own write wakes this task, and another claim at once would
        # delay the tasks of the runs just claimed.
        self._measure(began)
        return claim

    def undo_pending(self) -> None:
        """Free the runs of a claim that was interrupted after its commit: they have no tasks."""
        if self._pending_since:
            leases.undo_claim(self._worker, self._pending_since)
            self._pending_since = None

    def _has_free(self, submit_limits: SubmitLimits) -> bool:
        # A worker without runs claims at once, since `claim` also reads before it writes.
        return not self._run_tasks.tasks or leases.has_free(submit_limits)

    def _measure(self, began: float) -> None:
        self._claim_took_s = time.perf_counter() - began
        if self._claim_took_s > self._limits.renew_every_s:
            self._stall.record()

    def _claim(self, room: int, submit_limits: SubmitLimits) -> leases.Claim:
        self._pending_since = now = clock.now()
        held_runs = self._run_tasks.tasks.keys()
        return leases.claim(
            self._worker,
            room,
            now,
            submit_limits,
            # A run that was just requeued may still have its task, so it is not started again.
            submits_at_once=lambda run: run.pk not in held_runs,
            attempts=self._attempts_per_model,
            held=held_runs,
            is_after_stall=self._stall.is_recent,
        )

    def _record_submits(self, claim: leases.Claim | None, submit_limits: SubmitLimits) -> None:
        if not submit_limits:
            self._attempts_per_model.clear()
        for run in claim.to_send if claim else ():
            self._breakers.account.record_submit()
            breaker_of(self._breakers, self._addresses, run.transport).record_submit()
            if submit_limits:
                self._attempts_per_model[run.endpoint_id] += 1

    def _submit_limits(self) -> SubmitLimits:
        """Return the limit (one or no run) of each tripped transport, and of a refused account."""
        account = self._breakers.account
        of_account = None if account.is_open else int(account.may_submit())
        limits: dict[str, int] = {}
        is_following = self._run_tasks.is_following
        for transport in TRANSPORTS:
            breaker = breaker_of(self._breakers, self._addresses, transport)
            if not breaker.is_closed:
                has_followers = is_following and transport == Transport.QUEUE
                limits[str(transport)] = int(breaker.may_submit(has_followers))
        return SubmitLimits(limits, of_account)
