"""How often a followed run is polled, and when a follower gives up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between polls, and until an answer is believed."""

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
