"""Synchronous runs: one request and its response, without the queue (protocol, section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fal.http.answers import run_failure
from fal.http.limits import RUN
from fal.http.wire import OnSent, Wire
from fal.messages.endpoint_id import EndpointId
from fal.messages.request import SubmitOptions, arguments_as_bytes
from fal.messages.result import Result


class Sync:
    """Runs a model over one HTTP request; closing the connection cancels the run."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def run(
        self,
        endpoint_id: str,
        arguments: Mapping[str, Any] | str,
        options: SubmitOptions = SubmitOptions(),  # noqa: B008  frozen
        on_sent: OnSent | None = None,
    ) -> Result:
        """The output, after at most ten minutes. Never retried, because it costs money.

        `on_sent` is called when the request has been sent. The request id is known only at the end.
        Raises RunFailed for a model error. Webhook and queue options do not apply.
        """
        answer = await self._wire.send(
            "POST",
            f"{self._wire.addresses.run}/{EndpointId.parse(endpoint_id)}",
            headers=run_headers(options),
            content=arguments_as_bytes(arguments),
            timeouts=RUN,
            repeat=False,
            error_of=run_failure,
            on_sent=on_sent,
            is_long=True,
        )
        return Result.from_connection(answer)


def run_headers(options: SubmitOptions) -> dict[str, str]:
    """The headers of a run without the queue, to which a queue priority does not apply."""
    headers = {"Content-Type": "application/json", **options.headers()}
    headers.pop("X-Fal-Queue-Priority", None)
    return headers
