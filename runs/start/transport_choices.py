"""The transports that a model offers, and the words that describe them on the form."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from catalog.models import Endpoint
from fal.transports import completions
from runs.models import Transport

CONTROL = "~transport"  # a control of the form, not an argument of the model
Post = dict[str, list[str]]


@dataclass(frozen=True)
class Choice:
    """A transport and its description."""

    value: Transport
    meaning: str

    @property
    def label(self) -> str:
        """Return the transport's name, the same on every page."""
        return str(self.value.label)


QUEUE = Choice(Transport.QUEUE, "Waits for its turn. Nothing is lost, even if this server stops.")
SYNC = Choice(Transport.SYNC, "Starts at once. If the connection breaks, the result may be lost.")
STREAM = Choice(
    Transport.STREAM,
    "Shows the result while it is made. If the connection breaks, the rest may be lost.",
)
WEBSOCKET = Choice(Transport.WEBSOCKET, "Like Direct, but over a WebSocket.")


def offered(endpoint: Endpoint) -> list[Choice]:
    """Return the transports that the model offers, the default first."""
    streams = [STREAM] if _streams(endpoint) else []
    return [QUEUE, *streams, SYNC, WEBSOCKET]


def chosen(endpoint: Endpoint, post: Post) -> str:
    """Return the transport chosen in a post; the queue if the model does not offer it."""
    posted_name = post.get(CONTROL, [""])[-1]
    offered_names = {choice.value for choice in offered(endpoint)}
    return posted_name if posted_name in offered_names else QUEUE.value


def keep_choice(post: Post, old_post: Post) -> Post:
    """Return the form's new contents, with the transport chosen in the old ones."""
    return (
        post if CONTROL in post or CONTROL not in old_post else {**post, CONTROL: old_post[CONTROL]}
    )


def rerun_transport(transport: str) -> str:
    """Return the transport of a rerun: the same, but the queue for a live session."""
    return QUEUE.value if transport == Transport.REALTIME else transport


def is_default(post: Post) -> bool:
    """Whether a post chooses the queue, or no transport."""
    return post.get(CONTROL, [QUEUE.value])[-1] == QUEUE.value


def is_live(endpoint: Endpoint) -> bool:
    """Whether the model has live sessions, and a realtime process is configured to relay them."""
    says_so = "realtime" in endpoint.tags or endpoint.endpoint_id.endswith("/realtime")
    return bool(settings.REALTIME_URL) and says_so


def _streams(endpoint: Endpoint) -> bool:
    is_named = endpoint.endpoint_id.endswith(("/stream", completions.SUFFIX))
    return bool(endpoint.stream_url) or is_named
