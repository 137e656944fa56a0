"""One circuit breaker per upstream host, which decides when the host may be called.

A host that does not answer, answers with errors, is rate-limited or sends unreadable answers gets
no requests for a pause that grows with each failure. Then one request at a time probes it; when one
succeeds, the waiting requests follow, spread out over time. So two thousand runs call a host that
is down no more often than one run does. If one model fails while others of the same host succeed,
the errors count as that model's own problem: other runs do not wait for it.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

import fal
from runs.results import refusals
from runs.worker.account_gate import AccountGate

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A host that answers may work for every request but one, so the pause stays short.
LONGEST_PAUSE_ANSWERING_S = 5.0
MAX_RETRY_AFTER_S = 120.0
# This many errors in a row are shown on pages; from different requests they open the breaker
# (a single request may fail because of its own content).
ERRORS_IN_A_ROW = 3
# How long only followed runs probe an open host. Then a new run may probe it too, since all
# followed runs may fail because of their own content.
FOLLOWERS_PROBE_S = 10.0
FOLLOWERS_PROBE_ANSWERING_S = 3.0
PROBE_TIMEOUT_S = 15.0  # a probe without an outcome then no longer blocks the next one
TROUBLE_LASTS_S = 300.0  # if there were no requests to the host since
WAITERS_RELEASED_PER_S = 200.0
MEND_KEY = refusals.BY_KIND[refusals.KEY_REFUSED].advice
MAX_TRACKED_MODELS = 256  # per host; every file address counts as a model

_random = random.SystemRandom()


class State(Enum):
    """The state of a circuit breaker.

        CLOSED ── failures ──▶ OPEN ── pause is over ──▶ HALF_OPEN
           ▲                    ▲                            │
           │                    └──────── probe failed ──────┤
           └───────────────────────────── probe succeeded ───┘

    A late success of a request sent earlier closes the breaker from OPEN as well.
    """

    CLOSED = auto()  # every request may go
    OPEN = auto()  # no request may go until the pause is over
    HALF_OPEN = auto()  # one request at a time may go, as a probe


class RequestOrigin(NamedTuple):
    """What a request was about: the model's address and the request id (empty for a submit)."""

    model: str = ""
    request_id: str = ""

    @classmethod
    def from_url(cls, url: str) -> RequestOrigin:
        """Split a queue address into model and request id."""
        model, _, request_path = urlsplit(url).path.partition("/requests/")
        return cls(model.rstrip("/"), request_path.partition("/")[0])


UNKNOWN_ORIGIN = RequestOrigin()


class HostBreaker:
    """The circuit breaker of one host, with a sentence about its trouble for pages.

    `now` returns monotonic seconds.
    """

    def __init__(self, name: str, now: Callable[[], float]) -> None:
        self.name = name
        self._now = now
        self._state = State.CLOSED
        self._open_until = 0.0
        self._probe_until = 0.0  # no other probe may start before this time
        self._pause_s = 0.0
        self._submits_from = 0.0  # when a new run may probe although followed runs do
        self._admits_known_requests = False  # OPEN concerns submits only
        self._trouble = ""
        self._trouble_until = math.inf
        self._response_count = 0
        # Since the last success: errors, the requests they were about, models at their limit.
        self._error_count = 0
        self._failed_requests: set[object] = set()
        self._busy_models: set[str] = set()
        # Failing and healthy models, each with the number of the response since which it is so.
        self._failing: dict[str, int] = {}
        self._healthy: OrderedDict[str, int] = OrderedDict()
        self._unreadable: set[str] = set()  # failing models whose responses have a good status
        self._waiter_count = 0
        self._closed = asyncio.Event()
        self._closed.set()

    @property
    def state(self) -> State:
        """Return the current state: OPEN becomes HALF_OPEN when its pause is over."""
        if self._state is State.OPEN and self._now() >= self._open_until:
            self._state = State.HALF_OPEN
        return self._state

    @property
    def is_closed(self) -> bool:
        """Whether every request may be sent."""
        return self._state is State.CLOSED

    @property
    def trouble(self) -> str:
        """Return a sentence about what is wrong with the host; empty if nothing is known."""
        return self._trouble if self._now() < self._trouble_until else ""

    def may_submit(self, has_followers: bool) -> bool:
        """Whether a new run may be submitted now.

        If runs are followed at this host (`has_followers`), their requests are the probes at first;
        after a while a new run may probe as well, even in OPEN.
        """
        if self.is_closed or not has_followers:
            return self._may_request()
        return self._now() >= max(self._submits_from, self._probe_until)

    def record_submit(self) -> None:
        """Record that a new run is submitted; if the breaker is not closed, that is a probe."""
        if not self.is_closed:
            self._submits_from = self._now() + FOLLOWERS_PROBE_S
            self._start_probe()

    def try_acquire(self) -> bool:
        """Whether the caller may send a request now; in HALF_OPEN that request is the probe."""
        if not self._may_request():
            return False
        if not self.is_closed:
            self._start_probe()
        return True

    async def acquire(self) -> None:
        """Wait until the caller may send a request about something that the host already has."""
        while not (self._admits_known_requests or self.try_acquire()):
            self._waiter_count += 1
            try:
                pause_s = max(self._open_until, self._probe_until) - self._now()
                async with asyncio.timeout(max(pause_s, 0.01) * _random.uniform(1, 1.1)):
                    await self._closed.wait()
                longest_s = self._waiter_count / WAITERS_RELEASED_PER_S
                await asyncio.sleep(_random.uniform(0, longest_s))
            except TimeoutError:
                continue
            finally:
                self._waiter_count -= 1

    def record_response(
        self, error: fal.FalError | None, about: RequestOrigin = UNKNOWN_ORIGIN
    ) -> None:
        """Update the breaker after a request; `error` is None when it succeeded."""
        self._response_count += 1
        problem = _host_problem(error)
        if error is None or not problem:
            self._end_probe()
            if about.model not in self._unreadable:  # for those a good status proves nothing
                self._record_success(about.model)
        elif isinstance(error, fal.AuthFailed):  # a pause would not help
            self._set_trouble(problem, math.inf)
        else:
            self._record_failure(error, problem, about)

    def record_slow(self) -> None:
        """Show that a response is slow, until the next response."""
        if not self.trouble:
            self._set_trouble("takes a long time to answer.", TROUBLE_LASTS_S)

    def record_readable(self, error: fal.FalError | None, about: RequestOrigin) -> None:
        """Record whether the body of a response with a good status was readable, else `error`."""
        if error is not None:
            self._unreadable.add(about.model)
            self.record_response(error, about)
        elif self._failing or not self.is_closed:  # otherwise it changes nothing
            self._unreadable.discard(about.model)
            self.record_response(None, about)

    def _may_request(self) -> bool:
        if self.state is State.HALF_OPEN:
            return self._now() >= self._probe_until
        return self.is_closed

    def _start_probe(self) -> None:
        self._probe_until = self._now() + PROBE_TIMEOUT_S

    def _end_probe(self) -> None:
        self._probe_until = 0.0

    def _set_trouble(self, problem: str, lasts_s: float) -> None:
        self._trouble = f"{self.name} {problem}"
        self._trouble_until = self._now() + lasts_s

    def _record_success(self, model: str) -> None:
        self._failing.pop(model, None)
        self._healthy[model] = self._response_count
        self._healthy.move_to_end(model)
        if len(self._healthy) > MAX_TRACKED_MODELS:
            self._healthy.popitem(last=False)
        self._failed_requests.clear()
        self._busy_models.clear()
        self._error_count = 0
        self._trouble = ""
        self._close()

    def _record_failure(self, error: fal.FalError, problem: str, about: RequestOrigin) -> None:
        is_unreachable = isinstance(error, fal.Unreachable) and not error.sent
        is_rate_limit = isinstance(error, fal.RateLimited) and not about.request_id
        self._mark_failing(about.model)
        if not (is_unreachable or is_rate_limit) and self._is_model_problem(about.model):
            self._end_probe()
            return
        self._error_count += 1
        self._failed_requests.add(about.request_id or object())
        if is_rate_limit:
            self._busy_models.add(about.model)
        if is_unreachable or is_rate_limit or len(self._failed_requests) >= ERRORS_IN_A_ROW:
            # The rate limit of one model concerns its own runs; the next probe may be for another.
            is_whole_host = is_rate_limit and len(self._busy_models) > 1
            self._open(is_unreachable, error.retry_after_s if is_whole_host else None)
            self._admits_known_requests = is_rate_limit
        if not self.is_closed or self._error_count >= ERRORS_IN_A_ROW:
            self._set_trouble(problem, TROUBLE_LASTS_S)

    def _mark_failing(self, model: str) -> None:
        self._failing.setdefault(model, self._response_count)
        if len(self._failing) > MAX_TRACKED_MODELS:
            oldest = next(iter(self._failing))
            del self._failing[oldest]
            self._unreadable.discard(oldest)

    def _is_model_problem(self, model: str) -> bool:
        """Whether another model has succeeded since this one started to fail, and still does."""
        since = self._failing[model]
        return any(at > since for other, at in self._healthy.items() if other not in self._failing)

    def _open(self, is_unreachable: bool, retry_after_s: float | None) -> None:
        """CLOSED or HALF_OPEN → OPEN, for a pause twice as long as the last one."""
        now = self._now()
        if now < self._open_until:  # a late response to a request from before the pause
            return
        longest_s = LONGEST_PAUSE_S if is_unreachable else LONGEST_PAUSE_ANSWERING_S
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), longest_s)
        requested_s = min(retry_after_s or 0.0, MAX_RETRY_AFTER_S)
        if self.is_closed:
            probe_s = FOLLOWERS_PROBE_S if is_unreachable else FOLLOWERS_PROBE_ANSWERING_S
            self._submits_from = now + max(probe_s, requested_s)
        self._open_until = now + (requested_s or self._pause_s * _random.uniform(0.75, 1.25))
        self._end_probe()
        self._healthy.clear()  # earlier successes say nothing about the host now
        self._state = State.OPEN
        self._closed.clear()

    def _close(self) -> None:
        """OPEN or HALF_OPEN → CLOSED: every waiter may go, and the next pause is short again."""
        self._pause_s = 0.0
        self._admits_known_requests = False
        self._state = State.CLOSED
        self._closed.set()


class BreakerRegistry:
    """This process's breakers by host, and the account's gate. `now` returns monotonic seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._hosts: dict[str, HostBreaker] = {}
        self.trouble_changed = asyncio.Event()  # some host's or the account's began or ended
        self.account = AccountGate(now, self.trouble_changed.set)

    def host(self, url: str) -> HostBreaker:
        """Return the breaker of an address's host."""
        name = urlsplit(url).netloc
        if name not in self._hosts:
            self._hosts[name] = HostBreaker(name, self._now)
        return self._hosts[name]

    async def acquire(self, url: str) -> None:
        """Wait until a request about something that upstream already has may be sent to `url`."""
        await self.host(url).acquire()

    def record_response(self, url: str, error: fal.FalError | None) -> None:
        """Update the breaker of `url` after a request; `error` is None when it succeeded."""
        host = self.host(url)
        self._record(host, partial(host.record_response, error, RequestOrigin.from_url(url)))

    def record_readable(self, url: str, error: fal.FalError | None = None) -> None:
        """Record whether the body of a response from `url` with a good status was readable."""
        host = self.host(url)
        if error is None or (isinstance(error, fal.UpstreamFailed) and (error.status or 0) < 500):
            self._record(host, partial(host.record_readable, error, RequestOrigin.from_url(url)))

    def record_slow(self, url: str) -> None:
        """Record that a response from `url` is slow."""
        host = self.host(url)
        self._record(host, host.record_slow)

    def _record(self, host: HostBreaker, update: Callable[[], None]) -> None:
        before = host.trouble
        update()
        if host.trouble != before:
            self.trouble_changed.set()

    def summary(self) -> list[dict[str, str]]:
        """Return each host's state and trouble, for the status page."""
        return [
            {"host": host.name, "state": host.state.name.lower(), "trouble": host.trouble}
            for host in self._hosts.values()
        ]

    @property
    def trouble(self) -> str:
        """Return what is wrong with the account, else with hosts; empty if all is well."""
        of_hosts = (host.trouble for host in self._hosts.values() if host.trouble)
        return self.account.trouble or " ".join(of_hosts)


def _host_problem(error: fal.FalError | None) -> str:
    """Return what an error reveals about the host, as the end of a sentence; empty if nothing."""
    if isinstance(error, fal.Unreachable):
        return "does not answer."
    if isinstance(error, fal.RateLimited):
        if error.type == fal.CONCURRENCY_LIMIT:  # of the account: the host works
            return ""
        return "asks us to slow down."
    if isinstance(error, fal.AuthFailed):
        return f"{refusals.NOT_ACCEPTED} {MEND_KEY}" if error.status == 401 else ""
    if isinstance(error, fal.UpstreamFailed):
        is_error = (error.status or 0) >= 500
        return f"answers with errors ({error.status})." if is_error else "gives unreadable answers."
    return ""
