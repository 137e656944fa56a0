"""How long a worker waits: between two queries, for its database, and when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from core.notify import channel
from runs.state.transitions import HOLDER_RENEWS_EVERY_S
from runs.worker import idle
from runs.worker.scheduling import database_stall
from runs.worker.transports.limits import DIRECT_LIMITS, DirectLimits


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Durations in seconds; `direct` has those of runs over one connection."""

    renew_every_s: float = HOLDER_RENEWS_EVERY_S  # for leases, the heartbeat, a failed cancel
    rest_s: float = idle.REST_S  # between queries for runs while there are none
    idle_poll_every_s: float = channel.IDLE_POLL_EVERY_S
    retry_database_s: float = database_stall.RETRY_AFTER_S
    stall_grace_s: float = database_stall.GRACE_S
    stop_within_s: float = 5.0  # for submits in progress, so that their answers are still recorded
    direct: DirectLimits = DIRECT_LIMITS


WORKER_LIMITS = WorkerLimits()
