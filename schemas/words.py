"""Names, descriptions and values in words that people read."""

from __future__ import annotations

import html
import inspect
import re
from decimal import Decimal
from typing import Any

_HALVES = re.compile("[\ud800-\udfff]")
DASH = "\u2013"
_SHOUTED = {
    "url": "URL", "urls": "URLs", "id": "ID", "ids": "IDs", "cfg": "CFG", "lora": "LoRA", "loras": "LoRAs",
    "nsfw": "NSFW", "fps": "FPS", "hd": "HD", "3d": "3D", "2d": "2D", "api": "API", "json": "JSON",
    "controlnet": "ControlNet", "ip": "IP", "rgb": "RGB", "llm": "LLM", "clip": "CLIP", "vae": "VAE",
    "tts": "TTS", "svg": "SVG", "hdr": "HDR",
}  # fmt: skip
_FORMATS = {
    "jpeg", "jpg", "png", "webp", "gif", "avif", "svg", "mp3", "wav", "flac", "ogg", "opus", "pcm", "m4a", "aac",
    "mp4", "webm", "mov", "glb", "obj", "fbx", "usdz", "ply", "stl", "zip", "url", "hex", "json", "srt", "vtt", "hd",
}  # fmt: skip
_PLAIN = re.compile(r"[\w .,:;()'\"?!%=+]{0,2000}")  # one paragraph in which nothing can be markup


def clean(text: str) -> str:
    """A text that can be written into a page: without halves of characters, which have no bytes."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


def label(name: str, title: object = None) -> str:
    """A field's label: its title, calmed down when that is only the name in title case."""
    name, text = clean(name[:200]), words_of(title)
    if text and text.replace(" ", "").casefold() != re.sub(r"[_\W]+", "", name).casefold():
        return text
    return _sentence(name) or text or name.strip() or "Value"


def words_of(text: object, most: int = 500) -> str:
    """A text on one line; empty where it is none."""
    return " ".join(clean(text[:most]).split()) if isinstance(text, str) else ""


def class_label(title: object) -> str:
    """What a schema's title calls it: `TextPart` → `Text part`; empty where there is none."""
    text = words_of(title)
    return _sentence(text) if re.fullmatch(r"(?:[A-Z][a-z0-9]+){2,}", text) else text


def _sentence(name: str) -> str:
    """`num_inference_steps` → `Num inference steps`, `imageSize` → `Image size`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\s-]+", " ", name).split()
    words = [
        _SHOUTED.get(word.lower(), word if word.isupper() else word.lower()) for word in spaced
    ]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def media_label(text: str) -> str:
    """`Image URL` → `Image`: the control takes the picture, not only its address."""
    words = text.split()
    if len(words) > 1 and words[-1].upper() in {"URL", "URLS"}:
        kept = " ".join(words[:-1])
        is_many = words[-1].upper() == "URLS" and not kept.endswith("s")
        return kept + "s" if is_many else kept
    return text


def option(value: Any) -> str:
    """A choice as people read it: `landscape_4_3` → `Landscape 4:3`, `mp3` → `MP3`, 5 → `5`."""
    if value is True or value is False:
        return "Yes" if value else "No"
    text = clean(str(value))
    if text.lower() in _FORMATS:
        return text.upper()
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:[_/][A-Za-z0-9]+)*", text):
        return text
    spaced = re.sub(r"_(\d+)_(\d+)$", r" \1:\2", text).replace("_", " ").replace("/", " / ")
    spaced = " ".join("HD" if word == "hd" else word for word in spaced.split(" "))
    return spaced[:1].upper() + spaced[1:] if spaced[:1].islower() and text.islower() else spaced


def prose(description: object) -> str:
    """A description without its indentation, HTML and Markdown: plain text, one paragraph a line."""
    if not isinstance(description, str):
        return ""
    if _PLAIN.fullmatch(description):
        return " ".join(description.split())
    text = inspect.cleandoc(clean(description[:20_000]).expandtabs())
    text = re.sub(r"(?i)<\s*(?:br|/p|/li)[^<>]*>", "\n\n", text)
    text = clean(html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", text)))
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()\s]*\)", r"\1", text)
    text = re.sub(r"`+|\*\*|__(?=\w)|(?<=\w)__(?!\w)", "", text)
    text = re.sub(r"(?m)^[ \t]*(?:#+|[-*+])[ \t]+", "· ", text).replace("\0", "")
    paragraphs = re.split(r"\n\s*\n|\n(?=· )", text)
    return "\n".join(" ".join(part.split()) for part in paragraphs if part.strip())


def lead(text: str, limit: int = 110) -> tuple[str, str]:
    """A text's first sentence, at most about a line long, and what follows it."""
    first, _, later = text.partition("\n")
    match = re.match(r"(.{12,}?[.!?])\s+(?=\S)", first)
    sentence, rest = (match[1], first[match.end() :]) if match else (first, "")
    if len(sentence) > limit + 20:
        cut = sentence.rfind(" ", 40, limit)
        cut = cut if cut > 0 else limit
        sentence, rest = (
            sentence[:cut] + " …",
            sentence[cut:].strip() + (" " + rest if rest else ""),
        )
    return sentence, "\n".join(part for part in (rest, later) if part)


def number(value: float) -> str:
    """A limit as one would type it: `2.0` → `2`, `1e-05` → `0.00001`."""
    if not isinstance(value, float) or not 1e-15 < abs(value) < 1e15:
        return str(value)
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


def span(low: float | None, high: float | None) -> str:
    """`1 to 50` (with a dash), `at least 1`, `up to 50`."""
    if low is not None and high is not None:
        return f"{number(low)}{DASH}{number(high)}"
    if low is not None:
        return f"at least {number(low)}"
    return f"up to {number(high)}" if high is not None else ""
