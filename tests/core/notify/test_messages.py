"""Messages between processes arrive whole and in order, or not at all."""

import asyncio

import pytest

from core.notify import messages

pytestmark = pytest.mark.django_db


def exchange_messages(*sent: bytes) -> tuple[list[bool], list[bytes]]:
    """Return the results of `send` for each message, and the messages that a listener got."""

    async def main() -> tuple[list[bool], list[bytes]]:
        arrived: list[bytes] = []
        is_over = asyncio.Event()

        def hear(message: bytes) -> None:
            if message == b"over":
                is_over.set()
            else:
                arrived.append(message)

        with messages.on_message("news", hear):
            were_sent = [messages.send("news", message) for message in sent]
            messages.send("news", b"over")
            async with asyncio.timeout(60):
                await is_over.wait()
        return were_sent, arrived

    return asyncio.run(main())


def test_messages_arrive_complete_and_in_order():
    long = b"x" * messages.MAX_BYTES
    assert exchange_messages(b"one", long, b"three") == ([True] * 3, [b"one", long, b"three"])


def test_a_too_long_message_is_not_sent():
    assert exchange_messages(b"x" * (messages.MAX_BYTES + 1), b"two") == ([False, True], [b"two"])
