"""Inputs that wait in a live session stay encoded until used, and are decoded within limits."""

import json
import struct
import tracemalloc
from typing import Any

import msgpack
import pytest

from api.gateway.live_exchange import MAX_BUFFERED_BYTES, LiveSocket, decode

BYTES = 500_000
LIST = b"\xdd" + struct.pack(">I", BYTES)


def pack_value(value: bytes) -> bytes:
    return b"\x81\xa1x" + value


@pytest.mark.parametrize(
    "frame",
    [
        pack_value(LIST + b"\x80" * BYTES),  # many empty objects
        pack_value(
            (b"\xdc\x40\x00" + b"\x80" * 0x4000) * 30
        ),  # many lists, each of an allowed length
        pack_value(b"\xdc\x00\x20" + (b"\xdc\x40\x00" + b"\x80" * 0x4000) * 32),
        pack_value(LIST * 1000 + b"\xc0" * BYTES),  # lists that announce more items than they hold
        pack_value(b"\x91" * 500 + b"\xc0"),
        pack_value(b"\x81\x90\xc0"),  # a list as a key
        '{"x": [' + "{}," * 170_000 + "{}]}",
        '{"x": ' + "[" * 5000 + "]" * 5000 + "}",
        "[]",
    ],
)
@pytest.mark.anyio
async def test_waiting_inputs_take_no_more_than_their_bytes(frame):
    kind = "text" if isinstance(frame, str) else "bytes"
    messages = [{"type": "websocket.receive", kind: frame}] * 60
    messages.append({"type": "websocket.disconnect"})
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(json.loads(message["text"])["error"])

    socket = LiveSocket(receive, send, None)
    tracemalloc.start()
    await socket.read()
    socket.is_gone = False  # to receive the message about refused input
    socket._waiting.append(pack_value(b"\x01"))
    message = await socket.next_input(1.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert message is not None
    assert message.arguments == {"x": 1}
    assert sent == ["BAD_REQUEST"] * min(59, MAX_BUFFERED_BYTES // len(frame))
    assert peak < 16 << 20


def test_an_input_may_have_a_picture_and_thousands_of_numbers():
    arguments = {"image": b"x" * BYTES, "steps": list(range(40_000)), "at": {"deep": [[1.5]]}}
    assert decode(msgpack.packb(arguments)) == arguments
