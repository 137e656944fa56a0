"""Parses a call of a fal client from the address that it would have called.

Addresses come from the header `x-fal-target-url`, which fal's clients send with `proxyUrl`, or
from the path below our own address, for clients with a configurable host. Nothing is ever sent to
these addresses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from fal.errors import InvalidEndpointId
from fal.messages.endpoint_id import EndpointId

MAX_CHARS = 4000
_ADDRESS = re.compile(r"https://[!-\[\]-~]+")  # printable ASCII without spaces and backslashes
# Text that could hide another address or path; no id contains it.
_MISLEADING = re.compile(r"//|[:@\\%\s]|(?:^|/)\.{1,2}(?:/|$)")


class Host(StrEnum):
    """fal's hosts that clients call."""

    QUEUE = "queue.fal.run"
    RUN = "fal.run"
    WEBSOCKET = "ws.fal.run"
    REST = "rest.fal.ai"


class Action(StrEnum):
    """The kind of a call about a request in the queue."""

    STATUS = "status"
    STREAM = "status/stream"
    RESULT = "response"
    CANCEL = "cancel"


class InvalidTarget(ValueError):
    """The address is not one that fal's clients call; the message says why."""


@dataclass(frozen=True)
class Target:
    """A call: `path` is an endpoint id, or with `request_id` the app of the request."""

    host: Host
    path: str
    query: Mapping[str, str]
    request_id: str = ""
    action: Action | None = None

    @property
    def is_stream(self) -> bool:
        """Whether the call runs a model that responds with an event stream."""
        return self.host == Host.RUN and self.path.endswith("/stream")

    @property
    def app(self) -> str:
        """Return the part of the endpoint id in addresses of requests; empty if it is invalid."""
        try:
            return EndpointId.parse(self.path).app
        except InvalidEndpointId:
            return ""


def parse(address: str) -> Target:
    """Return the call for an address of fal's; raises InvalidTarget."""
    if not _ADDRESS.fullmatch(address) or len(address) > MAX_CHARS:
        raise InvalidTarget("x-fal-target-url must be an https address of fal.ai.")
    try:
        parts = urlsplit(address)
        host = Host(parts.netloc)  # exact, so without user, port or longer name
    except ValueError:
        hosts = ", ".join(Host)
        raise InvalidTarget(f"x-fal-target-url must have one of the hosts {hosts}.") from None
    return from_path(host, parts.path, parts.query)


def from_path(host: Host, path: str, query: str) -> Target:
    """Return the call to a path of a host; raises InvalidTarget."""
    values = dict(parse_qsl(query, keep_blank_values=True))
    if _MISLEADING.search(path):
        raise InvalidTarget(
            "An endpoint id looks like fal-ai/flux/dev: it is not an address, and has no “..”, @ "
            "or %."
        )
    path = path.strip("/")
    app, marker, rest = path.partition("/requests/")
    if host != Host.QUEUE or not marker:
        return Target(host, path, values)
    request_id, _, action = rest.partition("/")
    try:
        return Target(host, app, values, request_id, Action(action or Action.RESULT))
    except ValueError:
        raise InvalidTarget(f"A request has no {action[:60]!r}.") from None
