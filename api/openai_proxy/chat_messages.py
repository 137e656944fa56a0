"""The messages of OpenAI's chat body as a conversation, with the media in them.

Parts that a conversation cannot hold are refused with their place in the body (`messages[1].role`):
silent removal would change the answer that is paid for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.http.problem import Problem
from api.openai_proxy.composition import Conversation, Exchange

SYSTEM_ROLES = {"system", "developer"}
ROLES = {*SYSTEM_ROLES, "user", "assistant"}
NO_TURNS = (
    "{} takes only messages of the roles system, user and assistant. {} Or name a model of the "
    "router."
)
AUDIO_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
_NEUTRAL: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Medium:
    """An address in a message: its kind (`image`), and its place in the body."""

    kind: str
    url: str
    place: str


@dataclass(frozen=True)
class Message:
    """One message: its text, and the media in it."""

    role: str
    text: str
    media: Sequence[Medium] = ()


def wrong(parameter: str, detail: str, status: int = 400, slug: str = "") -> Problem:
    """Return the refusal of one parameter of the body."""
    errors = [{"detail": detail, "parameter": parameter}]
    return Problem(status, detail, slug=slug, errors=errors)


def parse_messages(messages: Sequence[dict[str, Any]], name: str) -> list[Message]:
    """Parse the messages for the model `name`; raises Problem for parts that it cannot receive."""
    return [_message(message, f"messages[{at}]", name) for at, message in enumerate(messages)]


def conversation(messages: Sequence[Message]) -> Conversation:
    """Return the turns of a list of messages; the last message is the one to answer.

    An answer without a message before it (a greeting, a second answer) is an exchange of its own.
    """
    system = "\n\n".join(message.text for message in messages if message.role in SYSTEM_ROLES)
    texts: list[str] = []
    earlier: list[Exchange] = []
    for message in messages:
        if message.role == "user":
            texts.append(message.text)
        elif message.role == "assistant":
            earlier.append(Exchange("\n\n".join(texts), message.text))
            texts = []
    if not texts:
        raise wrong("messages", "The last message must have the role user.")
    return Conversation("\n\n".join(texts), earlier, system)


def _message(message: dict[str, Any], place: str, name: str) -> Message:
    role = message.get("role")
    if not isinstance(role, str) or role not in ROLES:
        detail = f"Leave out the message of role {str(role)[:40]!r}."
        raise wrong(f"{place}.role", NO_TURNS.format(name, detail))
    for key, value in message.items():
        if key not in {"role", "content"} and value not in _NEUTRAL:
            raise wrong(f"{place}.{key}", NO_TURNS.format(name, f"Leave out {key[:40]!r}."))
    parts = [*_parts(message.get("content"), f"{place}.content")]
    return Message(
        role,
        "\n\n".join(part for part in parts if isinstance(part, str)),
        [part for part in parts if isinstance(part, Medium)],
    )


def _parts(content: Any, place: str) -> Iterator[str | Medium]:
    if content is None or isinstance(content, str):
        yield content or ""
        return
    if not isinstance(content, list):
        raise wrong(place, "A message's content must be a text or a list of parts.")
    for at, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        read_part = _PARTS.get(kind) if isinstance(kind, str) else None
        if read_part is None:
            detail = f"A part of type {str(kind)[:40]!r} cannot be sent to this model."
            raise wrong(f"{place}[{at}].type", f"{detail} It may be one of {', '.join(_PARTS)}.")
        yield read_part(part.get(kind), f"{place}[{at}].{kind}")


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise wrong(place, "The text of a part must be a text.")
    return value


def _address(kind: str) -> Callable[[Any, str], Medium]:
    def read(value: Any, place: str) -> Medium:
        part = value if isinstance(value, dict) else {"url": value}
        url = part.get("url")
        if not isinstance(url, str) or not url:
            raise wrong(f"{place}.url", "A part needs the address of its file.")
        if part.get("detail") not in {None, "auto"}:
            raise wrong(
                f"{place}.detail", "This model takes no detail for a picture: leave it out."
            )
        return Medium(kind, url, place)

    return read


def _audio(value: Any, place: str) -> Medium:
    audio = value if isinstance(value, dict) else {}
    data, content_type = audio.get("data"), AUDIO_TYPES.get(str(audio.get("format")))
    if not isinstance(data, str) or not data:
        raise wrong(f"{place}.data", "A sound needs its data in base64.")
    if content_type is None:
        raise wrong(f"{place}.format", f"A sound's format is one of {', '.join(AUDIO_TYPES)}.")
    return Medium("audio", f"data:{content_type};base64,{data}", place)


_PARTS: dict[str, Callable[[Any, str], str | Medium]] = {
    "text": _text,
    "image_url": _address("image"),
    "video_url": _address("video"),
    "input_audio": _audio,
}
