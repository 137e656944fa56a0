"""OpenAI's client for Python, with Vitrine's OpenAI address as its base address."""

import asyncio
import urllib.request
from typing import Any

import openai
from common import FORBIDDEN, MINUTE, PICTURE, TOKEN, URL, error_in, main, open_file, refusals

BASE = f"{URL}/api/openai/v1"
TALK, CLOCK = "stage/talk", "mischief/clock"
client = openai.OpenAI(api_key=TOKEN, base_url=BASE, max_retries=0)


def say(text: str, model: str = TALK, **more: Any) -> Any:
    """Send a model one message."""
    messages: Any = [{"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def error_of(call: Any) -> dict[str, Any]:
    """Return the error that a call raises."""
    return error_in(call, openai.APIStatusError, lambda error: error.status_code)


def run() -> Any:
    """List the models, then ask one."""
    assert TALK in {model.id for model in client.models.list()}
    return {"text": say("Good morning").choices[0].message.content}


def pictures() -> Any:
    """Make a picture, and change it."""
    made = client.images.generate(model=PICTURE, prompt="a quiet fjord", size="512x512")
    with urllib.request.urlopen(made.data[0].url) as response:
        picture = ("fjord.jpeg", response.read(), "image/jpeg")
    changed = client.images.edit(model=f"{PICTURE}/image-to-image", prompt="rose", image=picture)
    return open_file(changed.data[0].url)


def asynchronous() -> Any:
    """Use the asynchronous client, and fal's router by a model's name."""

    async def ask() -> Any:
        async with openai.AsyncOpenAI(api_key=TOKEN, base_url=BASE) as its:
            messages: Any = [{"role": "user", "content": "Write about mountains"}]
            return await its.chat.completions.create(model="sandbox/scribe", messages=messages)

    return {"text": asyncio.run(ask()).choices[0].message.content}


def stream() -> Any:
    """Stream words as they come."""
    chunks = list(say("What is the time?", CLOCK, stream=True, extra_body={"words": 20}))
    return {"events": len(chunks)}


def cancel() -> Any:
    """Close a stream."""
    stream = say("Count", CLOCK, stream=True, extra_body={"words": 900, "pause": 0.1})
    first = next(iter(stream))
    stream.close()
    return {"run": first.id.removeprefix("chatcmpl-")}


def minute() -> Any:
    """Make a call that is held for a minute."""
    return {"text": say("Slowly", extra_body={"seconds": MINUTE}).choices[0].message.content}


main(
    [run, pictures, asynchronous, stream, cancel, minute],
    refusals=refusals(
        error_of,
        invalid=lambda: say("Hello", extra_body={"seconds": 1000}),
        refused=lambda: say(FORBIDDEN),
        plain=lambda: say("Hello"),
    ),
    statuses={"invalid": 400},
)
