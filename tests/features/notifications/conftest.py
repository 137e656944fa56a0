"""A fake receiver of webhooks, and the worker's job that delivers to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User

from features.notifications import kinds, outbox, run_ends
from features.notifications.delivery import sending
from features.notifications.models import Channel

ORIGIN = "http://127.0.0.1:9"


@dataclass
class Receiver:
    """Answers each request with the next status in its list, and repeats the last one."""

    statuses: list[int] = field(default_factory=lambda: [200])
    requests: list[httpx.Request] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx.Response(status, headers=self.headers)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def send(receiver: Receiver) -> Callable[[], float]:
    """Run the worker's delivery job once."""

    def work() -> float:
        run_ends.process_due()
        return async_to_sync(sending.send_due)(receiver.transport())

    return work


@pytest.fixture
def make_channel(user: User) -> Callable[..., Channel]:
    """`make_channel("slack", …)` → a channel of `user` for long runs."""

    def make(method: str = "webhook", **values: Any) -> Channel:
        chosen = [] if method == "runs" else [kinds.RUN_FINISHED]
        defaults = {"user": user, "name": method, "kinds": chosen, "address": f"{ORIGIN}/hook"}
        return Channel.objects.create(method=method, **(defaults | values))

    return make


@pytest.fixture
def tell(user: User) -> Callable[..., bool]:
    """`tell("key")`: notify `user` of a long run."""

    def notify(key: str = "run 1", **values: Any) -> bool:
        words = {"subject": "Done <1>", "text": "It & you.", "path": "/runs/1/"} | values
        return outbox.notify(user, kinds.RUN_FINISHED, key=key, **words)

    return notify
