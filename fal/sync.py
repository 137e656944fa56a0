"""Synchronous runs: one request, one answer, no queue (protocol, section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fal.answers import run_failure
from fal.endpoint_id import EndpointId
from fal.errors import UpstreamFailed
from fal.request import SubmitOptions, arguments_as_bytes
from fal.result import Result
from fal.wire import RUN, Wire


class Sync:
    """Runs a model while the connection lasts; closing it cancels the work."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def run(
        self,
        endpoint_id: str,
        arguments: Mapping[str, Any] | str,
        options: SubmitOptions = SubmitOptions(),  # noqa: B008  frozen
    ) -> Result:
        """The output, waited for up to ten minutes and asked for once: it costs money.

        Raises RunFailed for the model's own error; webhook and queue options do not apply.
        """
        headers = {"Content-Type": "application/json", **options.headers()}
        headers.pop("X-Fal-Queue-Priority", None)
        answer = await self._wire.ask(
            "POST",
            f"{self._wire.addresses.run}/{EndpointId.parse(endpoint_id)}",
            headers=headers,
            content=arguments_as_bytes(arguments),
            timeouts=RUN,
            repeat=False,
            error_of=run_failure,
        )
        try:
            return Result.from_answer(answer)
        except UpstreamFailed as error:
            error.is_unconfirmed = True  # it ran, and was paid for
            raise
