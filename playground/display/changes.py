"""What differs between the inputs of two runs: fields by their labels, changed words of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from catalog.schema_versions import former_version, version_of
from core.word_diff import Part, word_diff
from playground.display.result.settings import field_at, in_words, label_of
from runs.files.own_addresses import OUR_ADDRESS, begins_as_address
from runs.models import Run
from schemas import MISSING, Field
from schemas.changes.argument_diff import Change, diff_arguments
from schemas.exact import identical

MIN_SHARED = 0.3  # of the longer text; below that, it is a new text and no words are marked


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


def changed_fields(first: Run, second: Run, but: Collection[str] = ()) -> Iterator[ChangedField]:
    """Yield the differences between the inputs of two runs, also of different models.

    A field that was not given counts as having its model's default; those named in `but` are left
    out.
    """
    roots = _root(first), _root(second)
    for change in diff_arguments(first.arguments, second.arguments):
        is_left_out = bool(change.path) and change.path[0] in but
        if not is_left_out and (field := _changed_field(change, *roots)):
            yield field


def changed_words(before: str, after: str) -> list[Part]:
    """Return the words of a text as added, removed and kept; unmarked if hardly any are shared."""
    parts = word_diff(before, after)
    return parts if _shares_enough(parts) else [Part("same", after)]


def _shares_enough(parts: list[Part]) -> bool:
    lengths = Counter[str]()
    for part in parts:
        lengths[part.kind] += len(part.text)
    longer = max(lengths["removed"], lengths["added"]) + lengths["same"]
    return lengths["same"] >= MIN_SHARED * longer


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
    return is_text and isinstance(value, str) and not begins_as_address(value)


def _marked(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Return the parts of both texts, with different words marked unless hardly any are shared.

    Only the beginning of a very long text is returned.
    """
    parts = word_diff(before, after)
    old = [part for part in parts if part.kind != "added"]
    new = [part for part in parts if part.kind != "removed"]
    if _shares_enough(parts):
        return old, new
    whole_old, whole_new = ("".join(part.text for part in text) for text in (old, new))
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
