"""How long a worker waits: between two queries, for its database, for a run, and when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from core.notify import channel
from runs.state.transitions import HOLDER_RENEWS_EVERY_S
from runs.worker import idle
from runs.worker.following.poll_intervals import PATIENCE
from runs.worker.scheduling import database_stall


@dataclass(frozen=True, slots=True)
class DirectLimits:
    """Durations in seconds, of a run over one connection."""

    write_every_s: float = 0.2  # between writes of partial outputs
    announce_every_s: float = 0.025  # between announcements to open pages, without a commit
    unheard_pause_s: float = 1.0  # after one that was too long, or that no process received
    # A rejection mostly comes at once; a run that is then requeued should not be shown as running.
    grace_s: float = 0.5
    # After this time without a partial output the page explains that the run may still be working.
    quiet_s: float = 10.0
    # A gateway without a free machine refuses within this time; a later 503 may be the model's own.
    turned_away_within_s: float = 5.0
    list_pauses_s: tuple[float, ...] = PATIENCE.list_pauses_s


DIRECT_LIMITS = DirectLimits()


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
