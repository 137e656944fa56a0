"""Labels, descriptions and values as readable text."""

from __future__ import annotations

import html
import inspect
import re
from decimal import Decimal
from typing import Any

from schemas.vocabulary import ACRONYMS, IN_FULL, SPELLING

_SURROGATES = re.compile("[\ud800-\udfff]")
DASH = "\u2013"
_FIRST_IN_FULL = {"max": "maximum", "min": "minimum"}
_COUNTS = {"num", "n"}  # num_images: "Number of images"
_MASK_WORDS = {"image", "mask", "picture", "url"}
_WORDS = re.compile(r"\w+")
# What descriptions say besides the name of their field.
_FILLERS = re.compile(
    r"\b(?:an?|and|as|be|by|for|from|generated?|images?|in|input|is|it|of|on|output|the|this|to|used?|using"
    r"|videos?|which|will|with)\b"
)
_PLAIN = re.compile(r"[\w .,:;()'\"?!%=+]{0,2000}")  # one paragraph without any markup


def clean(text: str) -> str:
    """The text without lone surrogates, which cannot be encoded into a page."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def is_repeated(label_text: str, description: str) -> bool:
    """Whether a description only repeats the label: `The size of the generated image.`"""
    words = set(_WORDS.findall(_FILLERS.sub(" ", description.lower())))
    return words <= set(_WORDS.findall(label_text.lower()))


def label(name: str, title: object = None) -> str:
    """A field's label: its title, unless that is only the name in title case."""
    name, text = clean(name[:200]), one_line(title)
    # "Num Images" of flux/dev only repeats the name; "Guidance scale (CFG)" says more.
    if text and text.replace(" ", "").casefold() != re.sub(r"[_\W]+", "", name).casefold():
        return text
    return _sentence(name) or text or name.strip() or "Value"


def one_line(text: object, most: int = 500) -> str:
    """A text on one line; empty if it is not a text."""
    return " ".join(clean(text[:most]).split()) if isinstance(text, str) else ""


def class_label(title: object) -> str:
    """A schema's title as text: `TextPart` → `Text part`; empty if there is none."""
    text = one_line(title)
    return _sentence(text) if re.fullmatch(r"(?:[A-Z][a-z0-9]+){2,}", text) else text


def _sentence(name: str) -> str:
    """`num_images` → `Number of images`, `nag_scale` → `NAG scale`, `imageSize` → `Image size`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\s-]+", " ", name).split()
    words = [_word(word) for word in spaced]
    if len(words) > 1 and words[0] in _COUNTS and words[-1].endswith("s"):
        words[:1] = ["number", "of"]
    elif len(words) > 1:
        words[0] = _FIRST_IN_FULL.get(words[0], words[0])
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _word(word: str) -> str:
    lower = word.lower()
    spelling = ACRONYMS.get(lower) or IN_FULL.get(lower)
    return spelling or (word if word.isupper() else lower)


def media_label(text: str, *, is_mask: bool = False) -> str:
    """`Image URL` → `Image`: the control accepts the file, not only its URL; `Mask` of a mask."""
    words = text.split()
    if is_mask and {word.lower() for word in words} <= _MASK_WORDS:
        return "Mask"
    if len(words) > 1 and words[-1].upper() in {"URL", "URLS"}:
        noun = " ".join(words[:-1])
        is_many = words[-1].upper() == "URLS" and not noun.endswith("s")
        return noun + "s" if is_many else noun
    return text


def option(value: Any) -> str:
    """A choice's label: `landscape_4_3` → `Landscape 4:3`, `mp3` → `MP3`, 5 → `5`."""
    if value is True or value is False:
        return "Yes" if value else "No"
    text = clean(str(value))
    if text.lower() in SPELLING["formats"]:
        return text.upper()
    # recraft-v3: `realistic_image/b_and_w`; fal's presets: `landscape_4_3`. Sentences stay as they
    # are.
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:[_/][A-Za-z0-9]+)*", text):
        return text
    spaced = re.sub(r"_(\d+)_(\d+)$", r" \1:\2", text).replace("_", " ").replace("/", " / ")
    spaced = " ".join("HD" if word == "hd" else word for word in spaced.split(" "))
    return spaced[:1].upper() + spaced[1:] if spaced[:1].islower() and text.islower() else spaced


def prose(description: object) -> str:
    """A description as plain text without HTML and Markdown, one paragraph per line."""
    if not isinstance(description, str):
        return ""
    if _PLAIN.fullmatch(description):
        return " ".join(description.split())
    # flux/dev's descriptions are indented docstrings; others have Markdown, lists or HTML links.
    text = inspect.cleandoc(clean(description[:20_000]).expandtabs())
    text = re.sub(r"(?i)<\s*(?:br|/p|/li)[^<>]*>", "\n\n", text)
    text = clean(html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", text)))
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()\s]*\)", r"\1", text)
    text = re.sub(r"`+|\*\*|__(?=\w)|(?<=\w)__(?!\w)", "", text)
    text = re.sub(r"(?m)^[ \t]*(?:#+|[-*+])[ \t]+", "· ", text).replace("\0", "")
    paragraphs = re.split(r"\n\s*\n|\n(?=· )", text)
    return "\n".join(" ".join(part.split()) for part in paragraphs if part.strip())


def lead(text: str, limit: int = 110) -> tuple[str, str]:
    """A text's first sentence, at most about one line long, and the rest."""
    first, _, later = text.partition("\n")
    match = re.match(r"(.{12,}?[.!?])\s+(?=\S)", first)
    sentence, remaining_text = (match[1], first[match.end() :]) if match else (first, "")
    if len(sentence) > limit + 20:
        cut = sentence.rfind(" ", 40, limit)
        cut = cut if cut > 0 else limit
        sentence, remaining_text = (
            sentence[:cut] + " …",
            sentence[cut:].strip() + (" " + remaining_text if remaining_text else ""),
        )
    return sentence, "\n".join(part for part in (remaining_text, later) if part)


def number(value: float) -> str:
    """A number as people type it: `2.0` → `2`, `1e-05` → `0.00001`."""
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
