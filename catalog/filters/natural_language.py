"""A wish in plain words as query words: `ten-second video from two pictures, under a dollar`.

It is offered to whoever typed it, and asked only where no text has the words: a sentence may be
about a name as well. A wish names at least three things that a model can be asked for. Words that
say nothing of a model are dropped, all others stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_NAMED = "zero one two three four five six seven eight nine ten".split()  # noqa: SIM905
_NUMBERS = {word: str(n) for n, word in enumerate(_NAMED)} | {
    "a": "1", "an": "1", "half a": "0.5",
    "twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30",
}  # fmt: skip
_FILLERS = """
which what model models that makes make making made a an the for i we need want me us can could
is are there please find show give with and in of to from something one be it its my our you do
does used using use long
"""
_NUMBER = rf"(\d+(?:[.,]\d+)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_MOST = r"(?:under|below|less than|cheaper than|at most|no more than|up to|max(?:imum)?|<=?)\s*"
_LEAST = r"(?:at least|more than|over|longer than|min(?:imum)?)\s+"
_SECONDS = r"[\s-]*(?:(min)(?:ute)?s?|s|secs?|seconds?)\b(?:[\s-]+long\b)?"
_FROM = r"(?:from|with|of|using|out of|between|takes?)\s+(?:my\s+|the\s+)?"
_PICTURE = r"(?:images?|pictures?|photos?|pics?|frames?)\b"
_MANY = r"(?:two|three|four|several|multiple|many|some|both|\d+)\s+"
_USE = r"(?:\s+(?:use|usage|purposes?|projects?|licen[cs]e))?"
_MEDIUM = {"sound": "audio"}

Match = re.Match[str]
_RULES: tuple[tuple[str, Callable[[Match], str]], ...] = (
    (_MOST + r"\$\s*" + _NUMBER, lambda m: f"price:<{_number(m[1])}"),
    (_MOST + _NUMBER + r"\s*(?:\$|dollars?\b|usd\b|bucks?\b)", lambda m: f"price:<{_number(m[1])}"),
    (_MOST + _NUMBER + r"\s*(?:¢|cents?\b)", lambda m: f"price:<{float(_number(m[1])) / 100:g}"),
    (_MOST + _NUMBER + _SECONDS, lambda m: f"duration:<={_seconds(m)}"),
    (rf"(?:{_LEAST})?{_NUMBER}{_SECONDS}", lambda m: f"duration:>={_seconds(m)}"),
    (r"(\d{3,4}p|[248]k)\b", lambda m: f"resolution:{m[1]}"),
    (r"vertical\b", lambda m: "ratio:9:16"),
    (r"(?:widescreen|horizontal)\b", lambda m: "ratio:16:9"),
    (r"square\b", lambda m: "ratio:1:1"),
    (r"full[\s-]?hd\b", lambda m: "resolution:1080p"),
    (r"without (?:sound|audio|music)\b", lambda m: "-can:sound"),
    (r"with (?:sound|audio|music|speech)\b", lambda m: "can:sound"),
    (r"(?:with\s+)?(?:an?\s+)?transparent(?: background)?\b|with transparency\b",
     lambda m: "can:transparent"),
    (r"(?:with\s+)?(?:a\s+)?negative prompts?\b", lambda m: "can:negative-prompt"),
    (r"(?:with\s+)?(?:an?\s+|the\s+)?(?:end|last) (?:frame|image|picture)\b",
     lambda m: "can:end-frame"),
    (r"with (?:an?\s+)?(lora|seed|mask)s?\b", lambda m: f"can:{m[1]}"),
    (_FROM + _MANY + _PICTURE, lambda m: "in:images"),
    (_FROM + r"(?:an?\s+|one\s+|single\s+)*" + _PICTURE, lambda m: "in:image"),
    (_FROM + r"(?:an?\s+|one\s+)?(text|video|audio|sound)\b",
     lambda m: f"in:{_MEDIUM.get(m[1], m[1])}"),
    (r"(?:for\s+)?commercial(?:ly)?\b" + _USE, lambda m: "license:commercial"),
    (r"(?:for\s+)?free\b", lambda m: "is:free"),
    (r"\b(video|clip|film|movie)s?\b", lambda m: "out:video"),
    (r"\b(?:image|picture|photo)s?\b", lambda m: "out:image"),
    (r"\b(?:song|music|speech|voice|audio)s?\b", lambda m: "out:audio"),
    (r"\b3d\b(?: models?| mesh(?:es)?)?", lambda m: "out:3d"),
)  # fmt: skip
_COMPILED = [
    (re.compile(rf"(?<![^\W_]){form}", re.IGNORECASE), to_word) for form, to_word in _RULES
]
FEWEST = 3  # things asked for; fewer are a search as any other


def to_query_words(text: str, fewest: int = FEWEST) -> str:
    """The same wish in query words; empty where the text asks for fewer things."""
    if '"' in text:
        return ""
    found: dict[str, str] = {}  # key → query word: of each the first
    for form, to_word in _COMPILED:
        for match in form.finditer(text):
            word = to_word(match)
            found.setdefault(word.lstrip("-").partition(":")[0], word)
        text = form.sub(" ", text)
    if len(found) < fewest:
        return ""
    words = (word.strip(".,;:!?()") for word in text.split())
    rest = [word for word in words if word and word.casefold() not in _FILLERS.split()]
    return " ".join([*rest, *found.values()])


def _number(text: str) -> str:
    return _NUMBERS.get(text.casefold(), text.replace(",", "."))


def _seconds(match: Match) -> str:
    return f"{float(_number(match[1])) * (60 if match[2] else 1):g}"
