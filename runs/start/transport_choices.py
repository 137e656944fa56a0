"""The transports that a model offers, and the words that describe them on the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from catalog.models import Endpoint
from fal.transports import completions
from runs.models import Transport
from runs.start import wait_choices

WORKFLOWS = "workflows/"  # the first part of the ids of fal's workflows
CONTROL = "~transport"  # a control of the form, not an argument of the model
CONTROLS = (CONTROL, *wait_choices.CONTROLS.values())
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
    if not _streams(endpoint):
        return [QUEUE, SYNC, WEBSOCKET]
    # Only its stream names a workflow's steps, each of which fal bills by itself.
    first = [STREAM, QUEUE] if endpoint.endpoint_id.startswith(WORKFLOWS) else [QUEUE, STREAM]
    return [*first, SYNC, WEBSOCKET]


def default(endpoint: Endpoint) -> str:
    """Return the transport of a run if nobody has chosen one."""
    return offered(endpoint)[0].value.value


def chosen(endpoint: Endpoint, post: Post) -> str:
    """Return the transport chosen in a post; the default if the model does not offer it."""
    posted_name = post.get(CONTROL, [""])[-1]
    offered_names = {choice.value for choice in offered(endpoint)}
    return posted_name if posted_name in offered_names else default(endpoint)


def keep_choice(post: Post, source: Post) -> Post:
    """Return the form's new contents, with how to send them as chosen in the old ones."""
    if not post.keys().isdisjoint(CONTROLS):
        return post
    return post | {control: source[control] for control in CONTROLS if control in source}


def as_post(endpoint: Endpoint, transport: str, options: Mapping[str, Any]) -> Post:
    """Return the controls that choose how a run was sent; none for a run sent as usual."""
    transport = rerun_transport(transport)
    controls = wait_choices.as_post(options)
    return controls if transport == default(endpoint) else {CONTROL: [transport], **controls}


def rerun_transport(transport: str) -> str:
    """Return the transport of a rerun: the same, but the queue for a live session."""
    return QUEUE.value if transport == Transport.REALTIME else transport


def is_default(endpoint: Endpoint, post: Post) -> bool:
    """Whether a post chooses the default transport, or none, and the usual wait."""
    is_usual = chosen(endpoint, post) == default(endpoint)
    return is_usual and not wait_choices.of_post(post)


def is_live(endpoint: Endpoint) -> bool:
    """Whether the model has live sessions, and a realtime process is configured to relay them."""
    says_so = "realtime" in endpoint.tags or endpoint.endpoint_id.endswith("/realtime")
    return bool(settings.REALTIME_URL) and says_so


def _streams(endpoint: Endpoint) -> bool:
    is_named = endpoint.endpoint_id.endswith(("/stream", completions.SUFFIX))
    return bool(endpoint.stream_url) or is_named
