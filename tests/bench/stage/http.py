"""Reads HTTP/1.1 answers from a connection: a full client would cost more than the server."""

import asyncio
import re


async def answer_from(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the status and the body of the next answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    if match := re.search(rb"content-length: *(\d+)", head):
        return status, await reader.readexactly(int(match[1]))
    body = b""
    while b"chunked" in head and (size := int(await reader.readuntil(b"\r\n"), 16)):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    if b"chunked" in head:
        await reader.readexactly(2)
    return status, body
