"""Fills what `@bottle` means into a model's arguments, and reports what the model does not take.

It is mentioned in a text, or is the value of a field for pictures. A list gets as many pictures as
it takes, a single field the first one, a field for LoRAs its LoRA, and the text its words, else its
name. Nothing invalid is written: what the schema refuses is left out and reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.fields import Field, find
from schemas.fields.media import words_in
from schemas.fields.paths import value_at, with_value, without
from schemas.form.decode import Path, Problem
from schemas.uses import mentions
from schemas.uses.inputs import ROW, Input, inputs_of
from schemas.uses.placing import as_many_as_fit, most_rows, most_values, place, place_all, values_at
from schemas.validation import Version
from schemas.vocabulary import WORDS

MAX_PICTURES = 20
_NOT_FOR_PICTURES = {"mask", "end", "control"}  # roles that a mention never takes by itself


class Mentioned(NamedTuple):
    """What a mention means: the addresses of pictures, in order, words, and a LoRA's address.

    `gone` is the number of its pictures that can no longer be read.
    """

    name: str
    pictures: tuple[str, ...] = ()
    words: str = ""
    lora: str = ""
    gone: int = 0

    @property
    def text(self) -> str:
        """Return its name in words: `brand-bottle_2` is `brand bottle 2`."""
        return self.name.replace("-", " ").replace("_", " ").strip()


@dataclass
class Outcome:
    """What a model got of one mention."""

    mentioned: Mentioned
    used: list[str] = field(default_factory=list)  # pictures
    why: str = ""  # the reason if not all pictures are used
    is_in_text: bool = False
    has_words: bool = False
    has_lora: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the model got all of it."""
        has_all = len(self.used) == len(self.mentioned.pictures) and not self.mentioned.gone
        return has_all and (self.has_lora or not self.mentioned.lora)

    @property
    def sentence(self) -> str:
        """Return what was used and what was left out: `@bottle: 3 of 5 pictures, this …`."""
        parts = [self._pictures()]
        if self.mentioned.gone:
            number = self.mentioned.gone
            parts.append(f"{_counted(number)} {'is' if number == 1 else 'are'} gone")
        if self.has_lora:
            parts.append("its LoRA")
        elif self.mentioned.lora:
            parts.append("its LoRA is not used, this model takes none")
        if self.is_in_text and not self.used:
            input_part = "description" if self.has_words else "name"
            parts.append(f"its {input_part} stands in the text")
        return f"@{self.mentioned.name}: {'; '.join(filter(None, parts))}"

    def _pictures(self) -> str:
        number, count = len(self.mentioned.pictures), len(self.used)
        if not number:
            return "" if self.mentioned.gone else "it has no pictures"
        if count == number:
            return _counted(number)
        return f"{count or 'none'} of {_counted(number)}, {self.why or 'this model takes none'}"


@dataclass(frozen=True)
class FilledArguments:
    """The arguments, the outcome of each mention, and the unknown names as problems.

    Only fields for pictures give such problems: in a text, `@anything` is text.
    """

    arguments: dict[str, Any]
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)  # by key
    problems: tuple[Problem, ...] = ()


def keys_mentioned(root: Field, arguments: Mapping[str, Any]) -> list[str]:
    """Return the keys of all mentions, each once, in the order of the arguments."""
    keys = (key for _, text, _ in _strings(root, arguments) for key in mentions.keys_in(text))
    return list(dict.fromkeys(keys))


def fill(
    version: Version, arguments: dict[str, Any], known: Mapping[str, Mentioned]
) -> FilledArguments:
    """Return the arguments with all mentions filled in; `known` is what they mean, by key."""
    filling = _Filling(version, arguments, known)
    filling.fill_texts()
    filling.fill_fields()
    filling.place_mentioned()
    filling.place_loras()
    return FilledArguments(filling.arguments, filling.outcomes, tuple(filling.problems))


class _Filling:
    """The arguments while they are filled; a step that the schema refuses is not taken."""

    def __init__(
        self, version: Version, arguments: dict[str, Any], known: Mapping[str, Mentioned]
    ) -> None:
        self.version, self.arguments = version, arguments
        self.known = known
        self.inputs = inputs_of(version.root)
        self.outcomes = {
            key: Outcome(known[key])
            for key in keys_mentioned(version.root, arguments)
            if key in known
        }
        self.in_prompts: list[str] = []  # mentioned in a text that is not a negative prompt
        self.problems: list[Problem] = []

    def fill_texts(self) -> None:
        """Put the words, else the name, where a text has a mention."""
        for path, text, is_file in list(_strings(self.version.root, self.arguments)):
            if is_file:
                continue
            keys = [key for key in mentions.keys_in(text) if key in self.outcomes]
            is_negative = any(WORDS["negative"] & {*words_in(str(part))} for part in path)
            for key in dict.fromkeys(keys):
                self._write(path, key)
                if not is_negative and key not in self.in_prompts:
                    self.in_prompts.append(key)

    def _write(self, path: Path, key: str) -> None:
        mentioned, outcome = self.known[key], self.outcomes[key]
        outcome.is_in_text = True
        for word in filter(None, (mentioned.words, mentioned.text)):
            words = {key: word}
            text = mentions.replaced(value_at(self.arguments, path), words.get)
            if self._accepts(with_value(self.arguments, path, text)):
                outcome.has_words = word == mentioned.words
                return

    def fill_fields(self) -> None:
        """Put pictures into the fields and lists whose value is a mention."""
        files = [
            path for path, _, is_file in _strings(self.version.root, self.arguments) if is_file
        ]
        by_list: dict[Path, None] = {}
        for path in files:
            if not (key := mentions.whole(value_at(self.arguments, path))):
                continue
            if key not in self.known:
                name = str(value_at(self.arguments, path)).strip()
                sentence = f"There is no “{name}” in this project. Choose another series, or a file"
                self.problems.append(Problem(path, sentence))
            elif isinstance(path[-1], int):
                by_list[path[:-1]] = None
            else:
                self._fill_single(path, key)
        for path in by_list:
            self._fill_list(path)

    def _fill_single(self, path: Path, key: str) -> None:
        outcome = self.outcomes[key]
        pictures = outcome.mentioned.pictures[:1]
        self.arguments = _replaced(self.arguments, path, pictures)
        self._note(key, pictures, "this field takes 1")

    def _fill_list(self, path: Path) -> None:
        rows = value_at(self.arguments, path)
        keys = [key for row in rows if (key := mentions.whole(row)) in self.known]
        by_key = {key: self.known[key].pictures for key in dict.fromkeys(keys)}
        fixed = len(rows) - len(keys)
        limit = most_rows(find(self.version.root, path))

        def attempt(number: int) -> dict[str, list[str]] | None:
            shared = _shared(by_key, number)
            return shared if self._accepts(self._with_rows(path, rows, shared)) else None

        room = None if limit is None else limit - fixed
        _, shared = as_many_as_fit(sum(map(len, by_key.values())), room, attempt)
        if shared is None:  # may be invalid, as a required list without rows is: validation tells
            shared = _shared(by_key, 0)
            self.arguments = self._with_rows(path, rows, shared)
        placed = {picture for pictures in shared.values() for picture in pictures}
        for key, pictures in by_key.items():
            self._note(key, [p for p in pictures if p in placed], _takes(limit, fixed))

    def _with_rows(
        self, path: Path, rows: Sequence[Any], shared: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        """The arguments with pictures in the list where they were first named."""
        left = dict(shared)
        values: list[Any] = []
        for row in rows:
            key = mentions.whole(row)
            values += left.pop(key, ()) if key in shared else (row,)
        return _replaced(self.arguments, path, [values] if values else [])

    def place_mentioned(self) -> None:
        """Put the pictures that texts mention into the inputs for pictures."""
        unused_by_key = {key: unused for key in self.in_prompts if (unused := self._unused(key))}
        if not unused_by_key:
            return
        why = ""
        for taker in self._takers():
            before = values_at(self.arguments, taker.path)
            limit = most_values(self.version.root, taker.path)
            room = None if limit is None else limit - len(before)
            if room is not None and room <= 0:
                why = why or f"“{taker.label}” has no room for more"
                continue
            if placed := self._place(taker, unused_by_key, room):
                for key, pictures in unused_by_key.items():
                    placed_pictures = [picture for picture in pictures if picture in placed]
                    self._note(key, placed_pictures, _takes(limit, len(before)))
                return
        for key in unused_by_key:
            self._note(key, (), why)

    def _takers(self) -> list[Input]:
        """The inputs for pictures: first those that lack a required value, then lists, by role."""
        takers = [
            taker
            for taker in self.inputs
            if taker.kind == "image" and taker.role not in _NOT_FOR_PICTURES
        ]
        roles = ("reference", "main", "start", "garment")

        def rank(taker: Input) -> tuple[bool, bool, int]:
            is_missing = taker.is_required and not values_at(self.arguments, taker.path)
            return not is_missing, ROW not in taker.path, roles.index(taker.role)

        return sorted(takers, key=rank)

    def _place(
        self, taker: Input, by_key: Mapping[str, Sequence[str]], room: int | None
    ) -> set[str]:
        """Write as many pictures as the model accepts, and return these."""

        def attempt(number: int) -> set[str] | None:
            pictures = [p for part in _shared(by_key, number).values() for p in part]
            candidate = place_all(self.version.root, self.arguments, taker.path, pictures)
            is_placed = all(picture in values_at(candidate, taker.path) for picture in pictures)
            return {*pictures} if is_placed and self._accepts(candidate) else None

        _, placed = as_many_as_fit(sum(map(len, by_key.values())), room, attempt)
        return placed or set()

    def place_loras(self) -> None:
        """Add the LoRAs where the model takes some."""
        takers = [taker for taker in self.inputs if taker.kind == "weights"]
        for outcome in self.outcomes.values():
            lora = outcome.mentioned.lora
            for taker in takers if lora else ():
                before = values_at(self.arguments, taker.path)
                candidate = place(self.version.root, self.arguments, taker.path, lora)
                is_added = len(values_at(candidate, taker.path)) > len(before)
                if lora in before or (is_added and self._accepts(candidate)):
                    outcome.has_lora = True
                    break

    def _unused(self, key: str) -> list[str]:
        outcome = self.outcomes[key]
        return [] if outcome.used else list(dict.fromkeys(outcome.mentioned.pictures))

    def _note(self, key: str, pictures: Iterable[str], why: str) -> None:
        outcome = self.outcomes[key]
        outcome.used = list(dict.fromkeys([*outcome.used, *pictures]))
        outcome.why = outcome.why or why

    def _accepts(self, candidate: dict[str, Any]) -> bool:
        """Take the candidate unless it has a problem that the arguments do not have."""
        if {*self.version.problems(candidate)} - {*self.version.problems(self.arguments)}:
            return False
        self.arguments = candidate
        return True


def _strings(root: Field, value: Any, path: Path = ()) -> Iterator[tuple[Path, str, bool]]:
    """Yield the texts, and the addresses of pictures, that the schema names: path, text, is file.

    A model without a schema takes any texts.
    """
    if isinstance(value, str):
        node = find(root, path)
        kinds = (node, *node.branches)
        if any(kind.media == "image" for kind in kinds):
            yield path, value, True
        elif any(kind.is_text or kind.kind == "json" for kind in kinds) or not root.children:
            yield path, value, False
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from _strings(root, child, (*path, name))
    elif isinstance(value, list):
        for place_, child in enumerate(value):
            yield from _strings(root, child, (*path, place_))


def _replaced(arguments: dict[str, Any], path: Path, values: Sequence[Any]) -> dict[str, Any]:
    """The arguments with the first of the values at the path; without one, with nothing there."""
    new: dict[str, Any] = (
        with_value(arguments, path, values[0]) if values else without(arguments, path)
    )
    return new


def _shared(pictures_by_key: Mapping[str, Sequence[str]], number: int) -> dict[str, list[str]]:
    """The first `number` pictures, taken from the mentions in turn, so that each has some."""
    shared: dict[str, list[str]] = {key: [] for key in pictures_by_key}
    for turn in range(max(map(len, pictures_by_key.values()), default=0)):
        for key, pictures in pictures_by_key.items():
            if turn < len(pictures) and number > 0:
                shared[key].append(pictures[turn])
                number -= 1
    return shared


def _takes(limit: int | None, fixed: int) -> str:
    if limit is None:
        return "this model takes no more"
    return f"this model takes {limit}" if not fixed else f"there was room for {limit - fixed}"


def _counted(number: int) -> str:
    return "1 picture" if number == 1 else f"{number} pictures"
