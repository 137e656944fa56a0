"""Which ways to upstream a model offers, and what each means to the person who chooses."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from catalog.models import Endpoint
from playground.models import Transport

CONTROL = "~transport"  # the form's control; no argument of the model
Post = dict[str, list[str]]


@dataclass(frozen=True)
class Choice:
    """One way, in words."""

    value: Transport
    meaning: str

    @property
    def label(self) -> str:
        """Its word, the same on every page."""
        return str(self.value.label)


QUEUE = Choice(Transport.QUEUE, "Waits its turn. Nothing is lost, even if this server stops.")
SYNC = Choice(Transport.SYNC, "Starts at once. If the connection breaks, the result may be lost.")
STREAM = Choice(
    Transport.STREAM,
    "Shows the result while it is made. If the connection breaks, the rest may be lost.",
)
WEBSOCKET = Choice(Transport.WEBSOCKET, "As Direct, over a WebSocket.")


def offered(endpoint: Endpoint) -> list[Choice]:
    """What the model offers, the default first."""
    streams = [STREAM] if _streams(endpoint) else []
    return [QUEUE, *streams, SYNC, WEBSOCKET]


def chosen(endpoint: Endpoint, post: Post) -> str:
    """The way that a post of the form chooses; the queue where it names none that the model offers."""
    named = post.get(CONTROL, [""])[-1]
    known = {choice.value for choice in offered(endpoint)}
    return named if named in known else QUEUE.value


def kept(post: Post, shown: Post) -> Post:
    """A form's new contents with the way that was chosen in the one it replaces."""
    return post if CONTROL in post or CONTROL not in shown else {**post, CONTROL: shown[CONTROL]}


def again(transport: str) -> str:
    """The way of a run that is made once more: a live session's pictures come through the queue."""
    return QUEUE.value if transport == Transport.REALTIME else transport


def is_default(post: Post) -> bool:
    """Whether a post leaves it at the queue."""
    return post.get(CONTROL, [QUEUE.value])[-1] == QUEUE.value


def is_live(endpoint: Endpoint) -> bool:
    """Whether the model paints while somebody types, and there is a process that relays it."""
    says_so = "realtime" in endpoint.tags or endpoint.endpoint_id.endswith("/realtime")
    return bool(settings.REALTIME_URL) and says_so


def _streams(endpoint: Endpoint) -> bool:
    return bool(endpoint.stream_url) or endpoint.endpoint_id.endswith("/stream")
