"""The key sets that webhooks are signed with (protocol, section 10.2)."""

from __future__ import annotations

from typing import Any

from fal import reading
from fal.http.wire import Wire


class Keys:
    """Fetches the public keys for fal's signatures."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def fetch(self) -> dict[str, Any]:
        """The key set as fal sends it; raises FalError. Cache it for up to a day."""
        url = f"{self._wire.addresses.rest}/.well-known/jwks.json"
        answer = await self._wire.send("GET", url, repeat=True, with_key=False)
        return dict(reading.as_mapping(reading.parse(answer.content)))
