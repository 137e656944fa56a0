"""What a sentence asks for: `upscale` of "make my photo sharper", `music-and-sound` of "a jingle".

The verb and what is asked for decide (`operations.toml`); the scene ("waves at night") never does.
The same table says which models do an operation, as the facts `does:…` of `facts.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from core.typed_signs import plain_signs

_TABLE = tomllib.loads(Path(__file__).with_name("operations.toml").read_text(encoding="utf-8"))
_PARTS: dict[str, str] = _TABLE.pop("parts")
DEFAULT = "make-a-picture"
_IMPLIED = {"in", "out", "category"}
# What somebody may want with a file of their own, if the sentence does not say it.
_OF_FILE = {
    "image": "change-a-picture",
    "video": "change-a-film",
    "audio": "clean-a-recording",
}
# What is asked for ends before the first of these: "a poster" of "a poster for a jazz concert".
_END = re.compile(
    r"\s(?:of|with|without|for|in|on|at|about|where|that|which|who|whose|showing|under|below|over|from|by"
    r"|like|to|as|is|are|using|when|while|please|playing|singing|wearing|holding|watching|riding"
    r"|reading|[a-z]+ing (?:an?|the|his|her|its|their))(?:\s|$)|[,.:;!?(]|\s-\s|$"
)
_QUOTED = re.compile('["“«][^"”»]*["”»]?')  # words to be shown or said, not to be understood
_MEASURES = re.compile(
    r"\b\d+(?:[.,]\d+)?[\s-]*(?:s|secs?|seconds?|min(?:ute)?s?|px|p|k|fps|mb)?\b|\blong\b"
)
_WORD = re.compile(r"[^\W_][\w-]*")


def _compile(form: str) -> re.Pattern[str]:
    """Compile an expression of the table, with its `<parts>`."""
    while (named := re.sub(r"(?<!\?P)<(\w+)>", lambda part: _PARTS[part[1]], form)) != form:
        form = named
    return re.compile(form, re.IGNORECASE)


def _any_of(words: Collection[str]) -> re.Pattern[str] | None:
    """Compile words that begin a part of a model's id or name; None if there are none."""
    return re.compile(rf"(?i)(?<![a-z])(?:{'|'.join(words)})") if words else None


@dataclass(frozen=True)
class Operation:
    """Something that models do; the head of the table explains each column."""

    slug: str
    label: str
    entirely: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    file: str = ""
    has_prompt: bool = True
    says: tuple[re.Pattern[str], ...] = ()
    heads: frozenset[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict, hash=False)
    models: re.Pattern[str] | None = None
    never: re.Pattern[str] | None = None

    @property
    def category(self) -> str:
        """The category of most of its models; empty if any model may do."""
        return next(iter((*self.entirely, *self.categories)), "")

    @property
    def condition(self) -> str:
        """The query word that finds its models: `does:upscale`; empty if any model may do."""
        return f"does:{self.slug}" if self.category else ""

    def is_done_by(self, category: str, name: str) -> bool:
        """Whether a model of a category with this id and name does the operation."""
        if category in self.entirely:
            is_done = True
        elif category in self.categories:
            is_done = self.models is None or bool(self.models.search(name))
        else:
            return False  # mostly: no expression is tried
        return is_done and not (self.never and self.never.search(name))

    def adds(self, word: str) -> bool:
        """Whether a query word says more than the operation, which implies media and sizes."""
        key = word.lstrip("-").partition(":")[0]
        return key not in _IMPLIED and not (key == "resolution" and "upscale" in self.slug)

    @property
    def address(self) -> str:
        """The URL of the page that starts it."""
        return f"{reverse('boards:plan')}?{urlencode({'operation': self.slug})}"

    @property
    def list_address(self) -> str:
        """The URL of all its models."""
        if self.models is None and not self.never:
            return reverse("catalog:category", args=[self.category])
        return f"{reverse('catalog:models')}?{urlencode({'q': self.condition})}"


def _operation(slug: str, table: Mapping[str, object]) -> Operation:
    return Operation(
        slug=slug,
        label=str(table["label"]),
        entirely=tuple(_texts(table.get("entirely"))),
        categories=tuple(_texts(table.get("categories"))),
        file=str(table.get("file", "")),
        has_prompt=table.get("prompt") is not False,
        says=tuple(map(_compile, _texts(table.get("says")))),
        heads=frozenset(_texts(table.get("heads"))),
        given=table.get("given", {}),  # type: ignore[arg-type]
        models=_any_of(_texts(table.get("models"))),
        never=_any_of(_texts(table.get("never"))),
    )


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []


_OWN = {kind: [*map(_compile, forms)] for kind, forms in _TABLE.pop("own").items()}
OPERATIONS = {slug: _operation(slug, columns) for slug, columns in _TABLE.items()}


class Request(NamedTuple):
    """What a sentence asks for.

    `is_said` is False if no word of it tells the operation, so that a picture is assumed. `files`
    are the kinds of own files that it speaks of.
    """

    operation: Operation
    is_said: bool
    files: frozenset[str] = frozenset()


def read_request(sentence: str, files: Collection[str] = ()) -> Request:
    """Return what a sentence asks for; `files` are the kinds of files given with it."""
    text = " ".join(_QUOTED.sub(" ", plain_signs(sentence)).casefold().split())
    own = frozenset(
        kind for kind, forms in _OWN.items() if any(form.search(text) for form in forms)
    )
    kinds = own | {*files}
    operation = _said(text) or _asked_for(text)
    if operation is None:
        kind = next((kind for kind in _OF_FILE if kind in kinds), "")
        return Request(OPERATIONS[_OF_FILE.get(kind, DEFAULT)], bool(own), own)
    for kind in ("video", "image", "audio"):
        if kind in kinds and kind in operation.given:
            return Request(OPERATIONS[operation.given[kind]], True, own)
    return Request(operation, True, own)


def _said(text: str) -> Operation | None:
    """Return the first operation with an expression that the text has."""
    return next(
        (row for row in OPERATIONS.values() if any(form.search(text) for form in row.says)), None
    )


def _asked_for(text: str) -> Operation | None:
    """Return the operation that makes what is asked for: the last noun before the scene."""
    bare_text = " ".join(_MEASURES.sub(" ", text).split())
    end = _END.search(bare_text)
    before_scene = _WORD.findall(bare_text[: end.start()] if end else bare_text)
    head = before_scene[-1] if before_scene else ""
    return next((row for row in OPERATIONS.values() if head in row.heads), None)


def wider(operation: Operation) -> list[Operation]:
    """Return the operations that make the same of anything: of a vector, a picture."""
    return [
        other
        for other in OPERATIONS.values()
        if other != operation
        and (other.category, other.file) == (operation.category, operation.file)
        and other.models is None
    ]


def done_by(category: str, name: str) -> list[str]:
    """Return the slugs of the operations that a model does, by its category, id and name."""
    return [slug for slug, operation in OPERATIONS.items() if operation.is_done_by(category, name)]


def operations_of(model: Any) -> list[str]:
    """Return the slugs of the operations that a row of `Endpoint` or a `Listing` does."""
    return done_by(model.category, f"{model.endpoint_id} {model.display_name}")
