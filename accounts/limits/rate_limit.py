"""Rate limits on expensive requests, per user or address; `LIMITS` lists them.

Counts are in this process's memory and settled in the database once a hundredth of a limit is
spent, so that the limits hold for all web processes together and a page view writes nothing.
Sign-in is throttled in the database as well (`accounts.limits.throttle`).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.limits import shared_buckets
from accounts.limits.addresses import client_address, network
from accounts.limits.throttle import format_wait

MAX_BUCKETS = 20_000  # of about 200 bytes each
READ = frozenset({"GET", "HEAD"})
WRITE = frozenset({"POST"})
MESSAGE = "You asked for this too often in a short time. Wait {}, then try again."


@dataclass(frozen=True)
class Limit:
    """Allows `burst` requests at once, then `per_minute`.

    `views` are view names; an empty set means every view.
    """

    name: str
    views: frozenset[str]
    methods: frozenset[str]
    burst: int
    per_minute: int
    is_for_anonymous: bool = False  # applies to clients that are not logged in, and only to them


def _views(text: str) -> frozenset[str]:
    return frozenset(text.split())


LIMITS = (
    Limit(
        "sign-in",
        _views("login login-link admin:login password-reset password-reset-new"),
        READ | WRITE,
        120,
        120,
    ),
    Limit(
        "search",
        _views(
            "catalog:models catalog:category catalog:collection-choices playground:jump "
            "playground:run-elsewhere playground:recent-prompts"
        ),
        READ,
        5000,
        6000,
    ),
    Limit(
        "run",
        _views(
            "playground:endpoint playground:run-repetition playground:run-variations boards:plan "
            "boards:board-plan boards:board-repetition boards:board-continuation boards:board-cell "
            "chats:chat chats:chat-turns flows:flow flows:flow-run flows:account-workflow"
        ),
        WRITE,
        2000,
        1200,
    ),
    Limit("draft", _views("playground:draft chats:chat-draft flows:flow-edit"), WRITE, 2000, 1200),
    Limit(
        "file",
        _views(
            "playground:uploads playground:upload-known playground:restorations "
            "catalog:collections-import"
        ),
        WRITE,
        600,
        600,
    ),
    Limit("ticket", _views("playground:ticket"), WRITE, 20, 30),
    Limit(
        "webhook",
        _views(
            "notifications:new-channel notifications:channel notifications:channel-test "
            "notifications:delivery-repetition"
        ),
        WRITE,
        60,
        30,
    ),
    Limit("feed", _views("catalog:changes-feed catalog:changes-feed-of"), READ, 30, 30),
    Limit("anonymous", frozenset(), READ | WRITE, 1000, 600, is_for_anonymous=True),
)
# Upstream reports many runs at once from few addresses; rejecting an unsigned report costs little.
UNLIMITED_VIEWS = _views("playground:webhook")


Spend = Callable[[str, str, int, float, int], "float | None"]  # shared_buckets.spend


class Bucket(NamedTuple):
    """What is left for a client as far as this process knows, and what it has not settled."""

    tokens: float
    counted_at: float
    unsettled: int


class Buckets:
    """Token buckets by limit and client; evicts the least recently used beyond `most`.

    With `spend` they are shared: what is counted here is never less than what is left there.
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
            known = (limit.name, client) in self._buckets
            tokens, now, unsettled = self._count(limit, client)
            is_allowed = tokens >= 1
            bucket = Bucket(tokens - is_allowed, now, unsettled + is_allowed)
            self._keep(limit, client, bucket)
        if self._spend and is_allowed and (not known or bucket.unsettled > limit.burst // 100):
            left = self._spend(limit.name, client, limit.burst, rate, unsettled)
            if left is not None:
                tokens, is_allowed = left + 1, left >= 0
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


buckets = Buckets(spend=shared_buckets.spend)


class RateLimit:
    """Middleware: answers 429 instead of calling the view if a limit is exceeded."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; `process_view` applies the limits."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return 429 if a limit is exceeded, else None."""
        match = request.resolver_match
        if not settings.RATE_LIMITS or match is None or match.view_name in UNLIMITED_VIEWS:
            return None
        limits = _applicable_limits(request, match.view_name)
        wait_s = max((buckets.take(limit, client) for limit, client in limits), default=0)
        return too_many_requests(request, wait_s) if wait_s else None


def take_more(request: HttpRequest, view_name: str, count: int) -> int:
    """Count further actions of one request; return 0, or the seconds until they are allowed."""
    if not settings.RATE_LIMITS:
        return 0
    limits = _applicable_limits(request, view_name)
    waits = (buckets.take(limit, client) for limit, client in limits for _ in range(count))
    return max(waits, default=0)


def _applicable_limits(request: HttpRequest, view_name: str) -> list[tuple[Limit, str]]:
    """Return the limits that apply to a request, each with the client's key."""
    is_authenticated = request.user.is_authenticated
    client = f"person {request.user.pk}" if is_authenticated else network(client_address(request))
    return [
        (limit, client)
        for limit in LIMITS
        if request.method in limit.methods
        and (view_name in limit.views or not limit.views)
        and not (limit.is_for_anonymous and is_authenticated)
    ]


def too_many_requests(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Return 429 in the client's format: plain text for htmx, JSON for a script, else a page."""
    message = MESSAGE.format(format_wait(wait_s))
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(message, status=429, content_type="text/plain; charset=utf-8")
    elif request.headers.get("Sec-Fetch-Dest") == "empty":
        response = JsonResponse({"error": message}, status=429)
    else:
        context = {"words": message, "is_post": request.method not in READ}
        response = render(request, "429.html", context, status=429)
    response.headers["Retry-After"] = str(wait_s)
    response.headers["Cache-Control"] = "no-store"
    return response
