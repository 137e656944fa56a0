"""A program of its own that opens files of others, and may be killed at any moment.

A picture may claim a billion pixels, a film may keep its decoder busy for ever. Whoever
wants to know about such a file asks a child process, one question at a time as a line of
JSON, and ends it when it takes too long; memory is limited within.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import warnings
from collections.abc import Callable
from typing import Any

MAX_PIXELS = 100_000_000
MAX_MEMORY_BYTES = 4 << 30
ANSWER_BYTES = 16 << 20

Answer = dict[str, Any]


class Broken(Exception):
    """The program did not answer: it took too long, or died over the question."""


class Program:
    """A module of ours run as a child that answers questions, one after the other."""

    def __init__(self, module: str, limit_s: float) -> None:
        self._module = module
        self._limit_s = limit_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def ask(self, question: dict[str, str]) -> Answer:
        """The answer; raises Broken, after which a new child takes the next question."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._limit_s):
                    return await self._ask(question)
            except (TimeoutError, OSError, ValueError) as error:
                await self.close()
                raise Broken(repr(error)) from error
            except asyncio.CancelledError:
                await self.close()
                raise

    async def close(self) -> None:
        """End the child."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def _ask(self, question: dict[str, str]) -> Answer:
        process = await self._running()
        if process.stdin is None or process.stdout is None:
            raise OSError("the program has no pipes")
        process.stdin.write(json.dumps(question).encode() + b"\n")
        await process.stdin.drain()
        answer: Answer = json.loads(await process.stdout.readline())
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=ANSWER_BYTES,
            )
        return self._process


def answer_all(answer: Callable[[Answer], Answer]) -> None:
    """The child's side: answer each line of the standard input, with little memory and low priority."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    from PIL import Image  # in the child alone

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for line in sys.stdin:
        try:
            found = answer(json.loads(line))
        except Exception as error:  # whatever a decoder may raise on bytes of others
            found = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found), flush=True)
