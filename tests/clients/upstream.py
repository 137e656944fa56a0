"""The sandbox as the upstream of `make clients`; it records everything that arrives.

python -m tests.clients.upstream PORT FOLDER  (its key in SANDBOX_KEY)

Files go to FOLDER; each request's line goes to FOLDER/requests, and each token of Vitrine that
arrives in any header, address or body to FOLDER/tokens.
"""

import io
import json
import os
import re
import sys
import wave
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import models
from sandbox.app import build
from sandbox.config import Config
from sandbox.contract.registry import Arguments, Model
from sandbox.errors import ModelError
from sandbox.studio import recorded

TOKEN = re.compile(rb"vitrine_[A-Za-z0-9_-]{43}")
FLAGGED = "The content could not be processed because it was flagged by a content checker."


class Eye:
    """The ASGI application: passes everything on to the sandbox, and inspects it."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app = app
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        head = b"\n".join(b": ".join(pair) for pair in scope["headers"])
        self._look(scope["raw_path"] + b"?" + scope["query_string"] + b"\n" + head)
        key = "with key" if b"authorization: Key " in head else "without key"
        self._write("requests", f"{scope.get('method', 'WS')} {scope['path']} {key}")
        before = b""

        async def receive_watched() -> Message:
            nonlocal before
            message = await receive()
            part = message.get("body") or message.get("bytes") or b""
            part = part or (message.get("text") or "").encode()
            self._look(before + part)
            before = part[-60:]  # two parts may share a token
            return message

        return await self._app(scope, receive_watched, send)

    def _look(self, part: bytes) -> None:
        for token in TOKEN.findall(part):
            self._write("tokens", token.decode())

    def _write(self, name: str, line: str) -> None:
        with (self._folder / name).open("a") as file:
            file.write(line + "\n")


class Staged(Model):
    """A model of this upstream; its `work` names a function of this module."""

    def load(self) -> Callable[[Arguments, Any], Any]:
        """Return the function that runs the model."""
        work: Callable[[Arguments, Any], Any] = globals()[self.work]
        return work


def transcribe(arguments: Arguments, context: Any) -> dict[str, Any]:
    """Take as long as the recording lasts; refuse one that begins loud."""
    data, _ = context.load(arguments["audio_url"], "audio_url")
    with wave.open(io.BytesIO(data)) as recording:
        rate, seconds = recording.getframerate(), recording.getnframes() / recording.getframerate()
        start = array("h", recording.readframes(rate // 20))
    if abs(start[-1]) > 0.5 * 2**15:
        raise ModelError("content_policy_violation", FLAGGED, ("audio_url",))
    context.sleep(seconds)
    context.billed = round(seconds, 3)
    return {"text": f"{seconds:.0f} seconds at {rate} Hz", "chunks": []}


def repeat(arguments: Arguments, context: Any) -> dict[str, Any]:
    """Repeat the prompt after some seconds; refuse a forbidden word."""
    if "forbidden" in arguments["prompt"]:
        raise ModelError("content_policy_violation", FLAGGED, ("prompt",))
    context.sleep(arguments["seconds"])
    return {"output": arguments["prompt"]}


def speak(arguments: Arguments, context: Any) -> dict[str, Any]:
    """Speak like the sandbox's model; AI SDK requests an address from every model of speech."""
    return recorded.speech({"voice": "Aria", "text": arguments["text"]}, context)


MODELS = [
    Staged(**fields) for fields in json.loads(Path(__file__).with_name("models.json").read_text())
]

# Copies under ids of fal's own owner, which some clients have built in or put before every id.
COPIES = {
    "fal-ai/flux/dev": "sandbox/aurora",
    "fal-ai/drift/text-to-video": "sandbox/drift/text-to-video",
}


def main(port: int, folder: Path) -> None:
    """Serve until a signal."""
    folder.mkdir(parents=True, exist_ok=True)
    originals = {model.endpoint_id: model for model in models.MODELS}
    copies = [replace(originals[of], endpoint_id=name, copy_of=of) for name, of in COPIES.items()]
    models.MODELS.extend([*MODELS, *copies])
    config = Config(
        data_dir=folder,
        key=os.environ["SANDBOX_KEY"],
        base=f"http://127.0.0.1:{port}",
        concurrency=64,
    )
    uvicorn.run(Eye(build(config), folder), port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
