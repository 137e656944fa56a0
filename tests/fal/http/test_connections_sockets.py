"""Behaviour that only a real socket shows: refused, cut, slow and reused connections."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

import fal
from fal.http.limits import LIMITS
from tests.processes import free_port

pytestmark = pytest.mark.anyio
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"request_id":"r-1"}'
QUEUED = b'HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{"status":"IN_QUEUE"}'


class Server:
    """Plays its script on each connection, and counts the connections."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self.script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client disconnected first, as some tests want
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    script: Script, limits: fal.Limits = LIMITS
) -> AsyncIterator[tuple[Server, fal.Clients, str]]:
    server = Server(script)
    async with await asyncio.start_server(server, "127.0.0.1", 0) as listening:
        base = "http://127.0.0.1:{1}".format(*listening.sockets[0].getsockname())
        addresses = fal.Addresses(base, base, base, base, base, media=(base,))

        async def no_pause(_seconds: float) -> None:
            return None

        async with fal.Clients(addresses, "id:secret", sleep=no_pause, limits=limits) as clients:
            yield server, clients, base


async def head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("is_known", [True, False])
async def test_c25_a_refused_connection_or_an_unresolved_name_means_not_sent(is_known):
    queue = f"http://127.0.0.1:{free_port()}" if is_known else "http://nowhere.invalid"
    async with fal.Clients(fal.Addresses(queue=queue)) as clients:
        with pytest.raises(fal.Unreachable) as caught:
            await clients.queue.submit("a/b", {})
    assert not caught.value.sent


async def test_c25_a_server_that_reads_and_hangs_up_may_have_taken_it():
    async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await head(reader)

    async with serving(hang_up) as (server, clients, _):
        with pytest.raises(fal.Unreachable) as caught:
            await clients.queue.submit("a/b", {})
    assert caught.value.sent
    assert server.connections == 1


async def test_c25_a_server_that_never_answers_may_have_taken_it():
    limits = fal.Limits(submit=httpx.Timeout(60, read=0.1))
    over = asyncio.Event()

    async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await over.wait()

    async with serving(silence, limits) as (server, clients, _):
        with pytest.raises(fal.Unreachable, match="in time") as caught:
            await clients.queue.submit("a/b", {})
        over.set()
    assert (caught.value.sent, caught.value.detail) == (True, "ReadTimeout")
    assert server.connections == 1


async def test_a_truncated_answer_is_requested_again():
    answers = [QUEUED[:-5], QUEUED]

    async def cut_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(answers.pop(0))
        await writer.drain()

    async with serving(cut_first) as (server, clients, _):
        status = await clients.queue.status(clients.queue.handle("a/b", "r-1"))
    assert status.state is fal.Phase.IN_QUEUE
    assert server.connections == 2


SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


async def test_events_survive_any_chunking_and_a_cut_is_reported():
    body = ': ping\r\n\r\ndata: {"status":"IN_PROGRESS",\r\n'
    body += 'data: "logs":[{"message":"Zoë 🐈"}]}\r\n\r\n'

    async def byte_by_byte(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(SSE)
        for byte in body.encode():
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    async with serving(byte_by_byte) as (_, clients, _):
        events = clients.queue.events(clients.queue.handle("a/b", "r-1"))
        status = await anext(events)
        assert status.logs == [fal.LogLine("Zoë 🐈")]
        with pytest.raises(fal.Unreachable, match="ended before"):
            await anext(events)


@pytest.mark.parametrize("steps", range(1, 8))
async def test_cancelling_the_close_of_a_stream_leaves_nothing_open(steps):
    """A worker's task may be cancelled at any time and must not leave a half-closed connection."""
    closed = asyncio.Event()

    async def never_ending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(SSE + b'data: {"status":"IN_QUEUE"}\n\n')
        await reader.read()
        closed.set()

    async with serving(never_ending) as (_, clients, _):
        events = clients.queue.events(clients.queue.handle("a/b", "r-1"))
        await anext(events)
        leaving = asyncio.create_task(events.aclose())
        for _ in range(steps):
            await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait({leaving})
        await asyncio.wait_for(closed.wait(), 60)
        transports = [each.client._transport for each in clients._streams._pools]
        pools = [each._pool for each in transports if isinstance(each, httpx.AsyncHTTPTransport)]
        assert len(pools) == len(transports)
        assert not any(pool._requests or pool.connections for pool in pools)
        assert not any(each.in_use for each in clients._streams._pools)


async def test_open_streams_never_block_a_submit():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await head(reader)).startswith(b"POST"):
            writer.write(OK)
        else:
            writer.write(SSE + b'data: {"status":"IN_QUEUE"}\n\n')
            await reader.read()

    async with serving(serve) as (_, clients, _):
        handle = clients.queue.handle("a/b", "r-1")
        streams = [clients.queue.events(handle) for _ in range(120)]
        for stream in streams:
            await anext(stream)
        submitted = await asyncio.wait_for(clients.queue.submit("a/b", {}), 60)
        for stream in streams:
            await stream.aclose()
    assert submitted.request_id == "r-1"


async def test_c33_a_compressed_file_is_measured_as_it_unpacks():
    async def bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"Accept-Encoding: identity" in await head(reader)
        body = gzip.compress(bytes(1 << 24))
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        writer.write(body)
        await writer.drain()

    async with (
        serving(bomb) as (_, clients, base),
        clients.files.open(f"{base}/a.png", max_bytes=1 << 16) as stream,
    ):
        assert stream.size is None
        with pytest.raises(fal.FileUnavailable, match="larger"):
            _ = [chunk async for chunk in stream]


async def test_an_upload_sends_its_length(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(bytes(1 << 20))
    seen = {}

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await head(reader)
        lines = dict(line.lower().split(b": ") for line in request.split(b"\r\n")[1:-2])
        length = int(lines[b"content-length"])
        await reader.readexactly(length)
        seen[request.split(b" ")[0]] = (length, b"transfer-encoding" in lines)
        host = lines[b"host"]
        body = b'{"upload_url":"http://%b/u","file_url":"http://%b/f"}' % (host, host)
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )
        await writer.drain()

    async with serving(take) as (_, clients, base):
        assert await clients.storage.upload(path, file_name="x") == f"{base}/f"
    assert seen[b"PUT"] == (1 << 20, False)
