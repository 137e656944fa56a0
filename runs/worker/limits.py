"""How long a worker waits: for runs, between two queries, for its database, and when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from core.notify import channel
from runs.state.transitions import HOLDER_RENEWS_EVERY_S
from runs.worker import idle
from runs.worker.scheduling import database_stall


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between the polls of a followed run, and until an answer is believed."""

    poll_soon_s: float = 0.45  # a short run ends soon after its submit
    poll_first_s: float = 0.9
    poll_slowest_s: float = 5.0
    # If webhooks report the end, polling only compensates for lost ones, while polls are answered.
    reported_s: tuple[float, float, float] = (15.0, 15.0, 60.0)
    quiet_s: float = 60.0  # after which a silent open stream is checked by a poll
    # During a deployment, or with lag, upstream may not know its own requests.
    lost_after_s: float = 15.0
    lost_without_word_s: float = 900.0  # a 404 with an HTML page is from a proxy before upstream
    lost_and_unwanted_s: float = 3.0  # the queue forgets cancelled requests
    fetch_first_s: float = 0.9  # between two attempts to fetch a result
    fetch_slowest_s: float = 5.0
    unreadable_limit: int = 20  # in a row, in 90 s: a truncated body may be complete the next time
    # Before each query of the list for a request that has just been answered.
    list_pauses_s: tuple[float, ...] = (0.0, 1.0, 2.0)
    unwanted_s: float = 30.0  # how long after a cancel a result is still fetched

    @property
    def unreported_s(self) -> tuple[float, float, float]:
        """Return the first pause between polls, the shortest after it, and the longest."""
        return self.poll_soon_s, self.poll_first_s, self.poll_slowest_s


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class DirectLimits:
    """Durations in seconds, of a run over one connection."""

    write_every_s: float = 0.2  # between writes of partial outputs
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
