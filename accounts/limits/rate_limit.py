"""Rate limits on requests, per user or address; a view names its limit by `@limit`.

Counts are in this process's memory and settled in the database once a hundredth of a limit is
spent, so that the limits hold for all web processes together and a page view writes nothing.
Sign-in is throttled in the database as well (`accounts.limits.throttle`).
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from accounts.limits.throttle import format_wait
from accounts.models import RateBucket
from core.http.client_addresses import client_address, network

log = logging.getLogger(__name__)

MAX_BUCKETS = 20_000  # of about 200 bytes each
FORGOTTEN_AFTER = timedelta(hours=1)  # every bucket is full again before that
READ = frozenset({"GET", "HEAD"})
WRITE = frozenset({"POST"})
MESSAGE = "You asked for this too often in a short time. Wait {}, then try again."


@dataclass(frozen=True)
class Limit:
    """Allows `burst` requests at once by these methods, then `per_minute`."""

    name: str
    methods: frozenset[str]
    burst: int
    per_minute: int


CHANGE = "change"  # for views that name no limit
ANONYMOUS = "anonymous"  # for clients that are not logged in, in all views together
# For guests of shares: two hundred behind one office's address each load a hundred pictures.
SHARE = "share"
LIMITS = {
    limit.name: limit
    for limit in (
        Limit(CHANGE, WRITE, 2000, 1200),
        Limit(ANONYMOUS, READ | WRITE, 1000, 600),
        Limit(SHARE, READ | WRITE, 40_000, 24_000),
        Limit("sign-in", READ | WRITE, 120, 120),
        Limit("registration", WRITE, 30, 10),  # of programs that sign in by the browser
        Limit("search", READ, 5000, 6000),
        Limit("run", WRITE, 2000, 1200),
        Limit("draft", WRITE, 2000, 1200),
        Limit("file", WRITE, 600, 600),
        Limit("archive", WRITE, 30, 30),
        Limit("ticket", WRITE, 20, 30),
        Limit("webhook", WRITE, 60, 30),
        Limit("csp-report", WRITE, 60, 30),
        Limit("guess", READ | WRITE, 60, 20),  # unknown links of shares
        Limit("guest", WRITE, 300, 60),  # new names on shares
        Limit("review", WRITE, 2000, 1200),
    )
}
View = TypeVar("View", bound=Callable[..., Any])
MARK, OWN, NONE = "rate_limit", "own", "none"
GUESTS_MARK = "rate_limit_of_guests"


def limit(name: str) -> Callable[[View], View]:
    """Count a view's requests towards the limit of this name; must be the outermost decorator."""

    def mark(view: View) -> View:
        setattr(view, MARK, LIMITS[name].name)
        return view

    return mark


def for_guests(view: View) -> View:
    """Count anonymous clients' requests towards the limit of shares instead of their usual one."""
    setattr(view, GUESTS_MARK, SHARE)
    return view


def unlimited(view: View) -> View:
    """Exempt a view: upstream reports many runs at once from few addresses, and signs them."""
    setattr(view, MARK, NONE)
    return view


def limit_of(view: Callable[..., Any], method: str) -> Limit | None:
    """Return the limit that a request by a logged-in person counts towards, if there is one."""
    view_limit = LIMITS.get(getattr(view, MARK, CHANGE))
    return view_limit if view_limit and method in view_limit.methods else None


Spend = Callable[[str, str, int, float, int], "float | None"]  # `spend_shared`


class Bucket(NamedTuple):
    """A client's remaining tokens as this process knows them, and its unsettled requests."""

    tokens: float
    counted_at: float
    unsettled: int


class Buckets:
    """Token buckets by limit and client; evicts the least recently used beyond `most`.

    With `spend` they are shared: this process never counts fewer tokens than the database.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        most: int = MAX_BUCKETS,
        spend: Spend | None = None,
    ) -> None:
        self._clock = clock
        self._most = most
        self._spend = spend
        self._lock = Lock()
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()

    def take(self, limit: Limit, client: str) -> int:
        """Take a token; return 0 if there was one, else the seconds until there is."""
        rate = limit.per_minute / 60
        with self._lock:
            is_known = (limit.name, client) in self._buckets
            tokens, now, unsettled = self._count(limit, client)
            is_allowed = tokens >= 1
            bucket = Bucket(tokens - is_allowed, now, unsettled + is_allowed)
            self._keep(limit, client, bucket)
        if self._spend and is_allowed and (not is_known or bucket.unsettled > limit.burst // 100):
            tokens_left = self._spend(limit.name, client, limit.burst, rate, unsettled)
            if tokens_left is not None:
                tokens, is_allowed = tokens_left + 1, tokens_left >= 0
                with self._lock:
                    self._keep(limit, client, Bucket(tokens - is_allowed, self._clock(), 0))
        return 0 if is_allowed else math.ceil((1 - tokens) / rate)

    def _count(self, limit: Limit, client: str) -> Bucket:
        """Return a client's bucket as it is now."""
        now = self._clock()
        full = Bucket(float(limit.burst), now, 0)
        tokens, at, unsettled = self._buckets.get((limit.name, client), full)
        tokens = min(limit.burst, tokens + (now - at) * limit.per_minute / 60)
        return Bucket(tokens, now, unsettled)

    def _keep(self, limit: Limit, client: str, bucket: Bucket) -> None:
        self._buckets[limit.name, client] = bucket
        self._buckets.move_to_end((limit.name, client))
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)

    def left(self, limit: Limit, client: str) -> int:
        """Return how many tokens a client has left, without taking one."""
        with self._lock:
            return max(0, int(self._count(limit, client).tokens))

    def clear(self) -> None:
        """Remove every bucket."""
        with self._lock:
            self._buckets.clear()


# Token buckets in the database, which all web processes share (`Buckets`).


def spend_shared(name: str, client: str, burst: int, rate: float, amount: int) -> float | None:
    """Take a process's `amount` of tokens and one more; return the rest, negative if refused.

    A refused request takes no token, but `amount` is still subtracted. Returns None if the
    database fails: a limit is no reason to fail a request.
    """
    key, now = hashlib.sha256(f"{name}\0{client}".encode()).hexdigest(), timezone.now()
    try:
        with transaction.atomic():
            new = RateBucket(key=key, tokens=burst, counted_at=now)
            RateBucket.objects.bulk_create([new], ignore_conflicts=True)
            row = RateBucket.objects.select_for_update().get(pk=key)
            refilled = max(0.0, (now - row.counted_at).total_seconds()) * rate
            tokens = min(burst, row.tokens + refilled) - amount
            row.tokens, row.counted_at = tokens - (tokens >= 1), now
            row.save(update_fields=["tokens", "counted_at"])
    except DatabaseError as error:
        log.warning("a rate limit is counted in this process alone: %s", error)
        return None
    return tokens - 1


def delete_full_buckets() -> None:
    """Delete the buckets that have been full for a long time."""
    RateBucket.objects.filter(counted_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


buckets = Buckets(spend=spend_shared)


class RateLimit(MiddlewareMixin):
    """Middleware: answers 429 instead of calling the view if a limit is exceeded."""

    async_capable = False  # it is called in the thread of the view, as all of ours are

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return 429 if a limit is exceeded, else None."""
        wait_s = _take(request, view)
        return too_many_requests(request, wait_s) if wait_s else None


def take_more(request: HttpRequest, count: int) -> int:
    """Count further actions of one request; return 0, or the seconds until they are allowed."""
    match = request.resolver_match
    return _take(request, match.func, count) if match else 0


def _take(request: HttpRequest, view: Callable[..., Any], count: int = 1) -> int:
    if not settings.RATE_LIMITS or getattr(view, MARK, "") == NONE:
        return 0
    limits = _applicable_limits(request, view)
    waits = (buckets.take(limit, client) for limit, client in limits for _ in range(count))
    return max(waits, default=0)


def _applicable_limits(request: HttpRequest, view: Callable[..., Any]) -> list[tuple[Limit, str]]:
    """Return the limits that apply to a request, each with the client's key."""
    own = limit_of(view, request.method or "")
    if request.user.is_authenticated:
        return [(own, f"person {request.user.pk}")] if own else []
    client = network(client_address(request))
    # Requests to views without a named limit are counted with all the others.
    rare = [own] if own and own.name != CHANGE else []
    overall_limit = LIMITS[getattr(view, GUESTS_MARK, ANONYMOUS)]
    return [(limit, client) for limit in (*rare, overall_limit)]


def too_many_requests(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Return 429 in the client's format: plain text for htmx, JSON for a script, else a page."""
    message = MESSAGE.format(format_wait(wait_s))
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(message, status=429, content_type="text/plain; charset=utf-8")
    elif request.headers.get("Sec-Fetch-Dest") == "empty":
        response = JsonResponse({"error": message}, status=429)
    else:
        context = {"reason": message, "is_post": request.method not in READ}
        response = render(request, "429.html", context, status=429)
    response.headers["Retry-After"] = str(wait_s)
    response.headers["Cache-Control"] = "no-store"
    return response
