"""The settings of a run, given or by default, and the known facts of its input files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from schemas.fields import MISSING, Field
from schemas.fields.media import words_in

_DEEPEST = 3  # levels of objects within the input
_NOUNS = {"image", "video"}
_MOST = 500  # settings of one run
_LONGEST_PLAIN = 40  # characters of a choice that a price may depend on
NO_MEDIA: Mapping[str, Media] = {}


class Media(NamedTuple):
    """The facts of an input file; None means unknown."""

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    shortest_s: float | None = None  # if its header and its streams differ


class Setting(NamedTuple):
    """A field, its value (MISSING if there is none), and whether that is the schema's default."""

    field: Field
    value: Any
    is_default: bool

    @property
    def name_words(self) -> set[str]:
        """The words of its name."""
        return set(words_in(self.field.name))

    @property
    def by_default(self) -> str:
        """The note to append to its value in an amount's label if it is the default."""
        return " (the default)" if self.is_default else ""

    def within(self, detail: str) -> str:
        """A detail in brackets, with that note: ` (1024 × 768, the default)`."""
        return f" ({detail}, the default)" if self.is_default else f" ({detail})"


class RunInputs(NamedTuple):
    """The data by which a run is measured.

    `makes` are the output media (`video`), `media` the known facts of input files by their URL.
    """

    settings: tuple[Setting, ...]
    makes: frozenset[str] = frozenset()
    media: Mapping[str, Media] = NO_MEDIA

    @property
    def noun(self) -> str:
        """The noun for one result: `image` if the model makes nothing else."""
        return next(iter(self.makes)) if len(self.makes) == 1 and self.makes <= _NOUNS else "output"

    def files(self) -> Iterator[tuple[Field, str]]:
        """The URLs of the input files in order, each with its field, at any depth of lists."""
        for setting in self.settings:
            if not setting.is_default:
                yield from _addresses(setting.field, setting.value, 0)

    def known_files(self) -> list[Media]:
        """The facts of the input files, without files of which nothing is known."""
        return [self.media[address] for _, address in self.files() if address in self.media]


def read_settings(root: Field, arguments: Any) -> tuple[Setting, ...]:
    """The settings of a run, including those in nested objects, in the schema's order."""
    values = arguments if isinstance(arguments, dict) else {}
    return tuple(_walk(_children(root), values, 0))[:_MOST]


def plain_values(settings: tuple[Setting, ...]) -> dict[str, str]:
    """The values that a price may depend on, as texts, by field: choices, switches, numbers.

    `{"resolution": "1080p", "generate_audio": "true"}`. Includes only texts that the schema offers:
    texts that users wrote are private. Of fields with the same name the outer one counts.
    """
    values: dict[str, str] = {}
    for setting in settings:
        field = setting.field
        if field.is_seed or field.media or "seed" in setting.name_words or field.name in values:
            continue
        if text := _plain(setting.value, field):
            values[field.name] = text
    return values


def _plain(value: Any, field: Field) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.12g}"
    if isinstance(value, dict) and value.keys() == {"width", "height"}:
        width, height = (_plain(value[side], field) for side in ("width", "height"))
        return f"{width} × {height}" if width and height else ""
    is_offered = isinstance(value, str) and any(
        option.value == value for branch in (field, *field.branches) for option in branch.options
    )
    return value if is_offered and len(value) <= _LONGEST_PLAIN else ""


def _walk(fields: tuple[Field, ...], values: Mapping[str, Any], depth: int) -> Iterator[Setting]:
    for field in fields:
        setting = _setting(field, values)
        yield setting
        if field.kind == "object" and field.children and depth < _DEEPEST:
            below = setting.value if isinstance(setting.value, dict) else {}
            yield from _walk(field.children, below, depth + 1)


def _setting(field: Field, values: Mapping[str, Any]) -> Setting:
    value = values.get(field.name, MISSING)
    if value is MISSING or value is None:
        return Setting(field, _default(field), is_default=True)
    return Setting(field, value, is_default=False)


def _default(field: Field) -> Any:
    """The value that the model uses if nothing is sent, by its schema or a union's alternative."""
    # seedream/v4/edit: the default of `image_size` ("2048x2048") stands in an alternative of its
    # `oneOf`.
    defaults = (
        alternative.default for alternative in (field, *field.branches) if alternative.has_default
    )
    return next(defaults, MISSING)


def _children(root: Field) -> tuple[Field, ...]:
    if root.kind != "union":
        return root.children
    # The settings of a union are those of all its alternatives.
    by_name = {child.name: child for branch in root.branches[:8] for child in branch.children}
    return tuple(by_name.values())


def _addresses(field: Field, value: Any, depth: int) -> Iterator[tuple[Field, str]]:
    if isinstance(value, str):
        if field.media:
            yield field, value
    elif isinstance(value, list) and field.item and depth < _DEEPEST:
        for row in value[:_MOST]:
            yield from _addresses(field.item, row, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        for child in field.children:
            if child.kind != "object" or depth:
                yield from _addresses(child, value.get(child.name), depth + 1)
    for branch in field.branches[:8] if depth < _DEEPEST else ():
        yield from _addresses(branch, value, depth + 1)
