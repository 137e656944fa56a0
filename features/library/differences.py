"""Compares two runs: their results, and the differences of inputs, times and prices."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from catalog.schema_versions import former_version, version_of
from core.word_diff import Part, word_diff
from playground.display.comparison import Pane, panes_of, stage_kind
from playground.display.renderers import seed_of
from playground.display.result.settings import field_at, in_words, label_of
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import Run
from schemas import MISSING, Field
from schemas.changes.argument_diff import Change, diff_arguments
from schemas.exact import identical

MAX_FIELDS = 100  # listed; a list of thousands of points may have thousands of differences
NEEDED = 2
MAX_CHARS = 500  # of an address that is shown again
_RUN = re.compile(
    r"(?:^|/runs/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:[/?#]|$)", re.IGNORECASE
)
MIN_SHARED = 0.3  # of the longer text; below that, it is a new text and no words are marked
_ADDRESSES = ("https://", "http://", "data:", "/uploads/", "/runs/")


@dataclass(frozen=True)
class Comparison:
    """The contents of the page of two runs; `kind` is that of both results, or empty."""

    panes: list[Pane]
    kind: str
    fields: list[ChangedField]
    is_more: bool
    seeds: tuple[str, str]

    @property
    def is_one_model(self) -> bool:
        """Whether both runs are of one model."""
        first, second = self.panes
        return first.run.endpoint_id == second.run.endpoint_id

    @property
    def is_same_input(self) -> bool:
        """Whether both runs have the same model and the same input."""
        return self.is_one_model and not self.fields

    @property
    def is_other_seed(self) -> bool:
        """Whether the results report different seeds that are not among the changed fields."""
        is_other = all(self.seeds) and self.seeds[0] != self.seeds[1]
        return is_other and self.seeds not in {field.texts for field in self.fields}


def compare(first: Run, second: Run) -> Comparison:
    """Compare two runs, which are loaded with endpoint, input, output and files."""
    panes = panes_of([first, second], [first.endpoint.name, second.endpoint.name])
    fields = list(islice(changed_fields(first, second), MAX_FIELDS + 1))
    return Comparison(
        panes=panes,
        kind=stage_kind(panes),
        fields=fields[:MAX_FIELDS],
        is_more=len(fields) > MAX_FIELDS,
        seeds=(seed_of(first), seed_of(second)),
    )


# Chooses the two runs by their ids, or by the pasted addresses of their pages.


@dataclass(frozen=True)
class Entry:
    """The text given for one run, and its error."""

    text: str = ""
    error: str = ""


@dataclass(frozen=True)
class Choice:
    """The two chosen runs; `keys` is None unless both are valid and different."""

    entries: tuple[Entry, Entry]
    error: str = ""
    keys: tuple[uuid.UUID, uuid.UUID] | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether the given texts do not name two runs."""
        return bool(self.error) or any(entry.error for entry in self.entries)


def choice_of(texts: Sequence[str]) -> Choice:
    """Return the choice that these texts make; empty texts are ignored."""
    typed_texts = [text.strip()[:MAX_CHARS] for text in texts if text.strip()]
    first, second, *_ = *(_entry(text) for text in typed_texts[:NEEDED]), Entry(), Entry()
    entries = (first, second)
    if len(typed_texts) == 1:
        return Choice((first, Entry(error="" if first.error else "Choose a second run.")))
    if len(typed_texts) > NEEDED:
        return Choice(entries, f"Two runs can be compared, and {len(typed_texts)} were chosen.")
    if not typed_texts or first.error or second.error:
        return Choice(entries)
    keys = _key(first.text), _key(second.text)
    if keys[0] is None or keys[1] is None or keys[0] == keys[1]:
        same = Entry(second.text, "This is the same run as the first. Choose another one.")
        return Choice((first, same))
    return Choice(entries, keys=(keys[0], keys[1]))


def _entry(text: str) -> Entry:
    error = "This is not a run. Paste the address of a run's page."
    return Entry(text, "" if _key(text) else error)


def _key(text: str) -> uuid.UUID | None:
    match = _RUN.search(text)
    return uuid.UUID(match[1]) if match else None


# The fields that differ between two inputs, by their labels, with the changed words of texts.


@dataclass(frozen=True)
class Value:
    """One side of a change: its text in parts; parts that differ are marked."""

    parts: list[Part]
    is_default: bool = False  # not given: this is the model's default
    is_given: bool = True
    address: str = ""  # of one of our files
    is_picture: bool = False
    is_cut: bool = False

    @property
    def text(self) -> str:
        """Return the value as text."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True)
class ChangedField:
    """A field of the input with different values; `is_known` if a schema has it."""

    label: str
    is_known: bool
    before: Value
    after: Value

    @property
    def texts(self) -> tuple[str, str]:
        """Return both values as text."""
        return self.before.text, self.after.text

    @property
    def is_alike(self) -> bool:
        """Whether the texts differ only after the part that is shown."""
        return self.before.is_cut and self.before.parts == self.after.parts


def changed_fields(first: Run, second: Run) -> Iterator[ChangedField]:
    """Yield the differences between the inputs of two runs, also of different models.

    A field that was not given counts as having its model's default.
    """
    roots = _root(first), _root(second)
    for change in diff_arguments(first.arguments, second.arguments):
        if field := _changed_field(change, *roots):
            yield field


def _root(run: Run) -> Field:
    """Return the model's fields in the version of the run."""
    version = former_version(run.endpoint, run.schema_id or "")
    return (version or version_of(run.endpoint)).root


def _changed_field(change: Change, first_root: Field, second_root: Field) -> ChangedField | None:
    path = change.path
    fields = field_at(first_root, path), field_at(second_root, path)
    before, after = _effective(change.before, fields[0]), _effective(change.after, fields[1])
    if identical(before, after) or _is_same_number(before, after):
        return None
    texts = in_words(before, fields[0]), in_words(after, fields[1])
    is_prose = _is_prose(before, fields[0]) and _is_prose(after, fields[1])
    old, new = _marked(*texts) if is_prose else ([Part("same", text)] for text in texts)
    return ChangedField(
        label=label_of(path, first_root if fields[0] else second_root, fields[0] or fields[1]),
        is_known=any(fields),
        before=_value(before, old, fields[0], is_default=before is not change.before),
        after=_value(after, new, fields[1], is_default=after is not change.after),
    )


def _effective(value: Any, field: Field | None) -> Any:
    """Return the value, or the default that the model uses without one."""
    is_omitted = value is MISSING and field is not None and field.has_default
    return field.default if field and is_omitted else value


def _is_same_number(before: Any, after: Any) -> bool:
    """Whether the values are `1` and `1.0`: forms and programs send either."""
    values = (before, after)
    return all(type(value) in (int, float) for value in values) and bool(before == after)


def _is_prose(value: Any, field: Field | None) -> bool:
    """Whether a value is a free text, neither a choice nor an address."""
    is_text = field is None or (field.is_text and not field.options)
    return is_text and isinstance(value, str) and not value.startswith(_ADDRESSES)


def _marked(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Return the parts of both texts, with different words marked unless hardly any are shared.

    Only the beginning of a very long text is returned.
    """
    parts = word_diff(before, after)
    old = [part for part in parts if part.kind != "added"]
    new = [part for part in parts if part.kind != "removed"]
    whole_old, whole_new = ("".join(part.text for part in text) for text in (old, new))
    shared = sum(len(part.text) for part in parts if part.kind == "same")
    if shared >= MIN_SHARED * max(len(whole_old), len(whole_new)):
        return old, new
    return [Part("same", whole_old)], [Part("same", whole_new)]


def _value(value: Any, parts: list[Part], field: Field | None, *, is_default: bool) -> Value:
    if value is MISSING:
        return Value([], is_given=False)
    is_ours = isinstance(value, str) and OUR_ADDRESS.fullmatch(value) is not None
    view = Value(
        parts,
        is_default=is_default,
        address=value if is_ours else "",
        is_picture=is_ours and field is not None and field.media == "image",
    )
    return replace(view, is_cut=_is_prose(value, field) and len(view.text) < len(value))
