"""Passes connections on between nginx and Vitrine, and records them."""

import asyncio
import json
import re
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

KEPT_BYTES = 8 << 20  # of each direction of a connection
_ENCODING = re.compile(rb"(?i)\r\naccept-encoding:[^\r]*")
_TOKEN = re.compile(rb"(?:vitrine_[A-Za-z0-9_-]{43})")
_CHUNK = re.compile(rb"\r\n[0-9a-f]+\r\n")


@dataclass
class Exchange:
    """A request and its response; nginx opens a connection for each."""

    request: bytes = b""
    response: bytes = b""
    has_secret: bool = False  # the client got the house's key

    @property
    def line(self) -> str:
        """The request's first line."""
        return self.request.partition(b"\r\n")[0].decode(errors="replace")

    @property
    def called_line(self) -> str:
        """Return the first line as it would be without fal's proxy protocol."""
        target = re.search(rb"(?i)\r\nx-fal-target-url: *https://(\S+)", self.request)
        method = self.line.partition(" ")[0]
        return f"{method} /api/fal/hosts/{target[1].decode()} " if target else self.line

    @property
    def token(self) -> str:
        """Return the token of the client's call."""
        match = _TOKEN.search(self.request.partition(b"\r\n\r\n")[0])
        return match[0].decode() if match else ""

    @property
    def status(self) -> int:
        """Return the response's status, or 0 without a response."""
        parts = self.response[:20].split(b" ")
        return int(parts[1]) if len(parts) > 1 else 0

    @property
    def headers(self) -> dict[str, str]:
        """The response's headers, by lower-case names."""
        head = self.response.partition(b"\r\n\r\n")[0].decode(errors="replace")
        pairs = [line.partition(": ") for line in head.split("\r\n")[1:]]
        return {name.lower(): value for name, _, value in pairs}

    @property
    def asked_host(self) -> str:
        """Return the host that the client called."""
        match = re.search(rb"(?i)\r\nx-forwarded-host: *([^\r]+)", self.request)
        match = match or re.search(rb"(?i)\r\nhost: *([^\r]+)", self.request)
        return match[1].decode() if match else ""

    @property
    def body(self) -> Any:
        """Return the response's JSON, or None for anything else."""
        content = self.response.partition(b"\r\n\r\n")[2]
        if "chunked" in self.headers.get("transfer-encoding", ""):
            content = b"".join(_CHUNK.split(b"\r\n" + content))
        with suppress(ValueError):
            return json.loads(content)
        return None


@dataclass
class Recorder:
    """Listens on ports and passes each connection on to another port."""

    secret: bytes
    exchanges: list[Exchange] = field(default_factory=list)
    _tasks: list[Any] = field(default_factory=list)

    def start(self, ports: dict[int, int]) -> None:
        """Listen on each port, in a thread, and pass its connections on to another port."""
        ready = threading.Event()

        async def serve() -> None:
            self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
            for port, to in ports.items():
                await asyncio.start_server(self._serve(to), "127.0.0.1", port)
            ready.set()
            await self._stopped.wait()

        self._thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
        self._thread.start()
        ready.wait(10)

    def stop(self) -> None:
        """Close all open connections."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)

    def exchanges_with(self, token: str) -> list[Exchange]:
        """Return the exchanges with this token, in order."""
        return [exchange for exchange in self.exchanges if exchange.token == token]

    def _serve(self, to: int) -> Any:
        async def passing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            exchange = Exchange()
            self.exchanges.append(exchange)
            self._tasks.append(asyncio.current_task())  # asyncio itself keeps only a weak reference
            with suppress(OSError):
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", to)
                await asyncio.gather(
                    self._copy(reader, inner_writer, exchange, "request"),
                    self._copy(inner_reader, writer, exchange, "response"),
                )

        return passing

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        exchange: Exchange,
        direction: str,
    ) -> None:
        before = b""
        with suppress(OSError):
            while part := await reader.read(1 << 16):
                if direction == "request":
                    part = _ENCODING.sub(b"", part)  # to keep responses readable
                elif self.secret in before + part:
                    exchange.has_secret = True
                before = part[-len(self.secret) :]
                kept = getattr(exchange, direction)
                if len(kept) < KEPT_BYTES:
                    setattr(exchange, direction, kept + part)
                writer.write(part)
                await writer.drain()
        with suppress(OSError):
            writer.close() if direction == "response" else writer.write_eof()
