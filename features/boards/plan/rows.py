"""Rows that are written one by one, each with a prompt, pictures, films and sounds.

The plan's form names a row by a number:

    row            the numbers of the rows in order
    row.0.prompt   its prompt; empty: the prompt that all rows share
    row.0.file     repeated: the address of a file, or the `@name` of a reference
    row.0.upload   posted files, which are stored and become `row.0.file`
    row.all.file   files of every row; a row's own files of the same kind replace them
    row.new.upload posted files that become a row each
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from fal.db_safe import db_safe_text
from features.boards.plan import values
from features.boards.plan.groups import SHARED, Groups, Post
from runs.files.own_addresses import tidy_addresses
from schemas import Field
from schemas.form.decode import segment
from schemas.meanings import by_meaning, media_of
from schemas.uses import mentions
from schemas.uses.ordered_files import GivenFile
from schemas.wording.counted_files import NOUNS

CONTROL = "row"
ALL, NEW = "all", "new"
FILES = "~files"  # key in a row's values; no schema has an input with this name
MAX_ROWS = 400
MAX_FILES = 20  # of one row
_NUMBER = re.compile(r"[0-9]{1,6}")
NAMED_CONTROL = "~named"  # of a plan's form: the mentions that become rows


class KnownFile(NamedTuple):
    """A file in a plan: its kind (image, video or audio), its name, and a picture of it."""

    kind: str
    name: str
    still: str = ""
    refusal: str = ""  # why it cannot be an input here


class TypedRow(NamedTuple):
    """A row as it was written."""

    number: str
    prompt: str = ""
    files: tuple[str, ...] = ()


def is_control(name: str) -> bool:
    """Whether a control of the plan's form belongs to these rows."""
    return name == CONTROL or name.startswith(f"{CONTROL}.")


def typed_rows(post: Post) -> list[TypedRow]:
    """Return the rows in order, blank ones too."""
    numbers = [text for text in post.get(CONTROL, []) if _NUMBER.fullmatch(text)]
    return [
        TypedRow(number, _last(post, f"{CONTROL}.{number}.prompt"), files_of(post, number))
        for number in dict.fromkeys(numbers)
    ]


def files_of(post: Post, number: str) -> tuple[str, ...]:
    """Return the addresses and names in a row, each once; `number` may be ALL."""
    texts = (db_safe_text(text).strip() for text in post.get(f"{CONTROL}.{number}.file", []))
    return tuple(dict.fromkeys(text for text in texts if text))


def all_files(post: Post) -> list[str]:
    """Return the files of all rows, each once."""
    file_lists = [files_of(post, ALL), *(row.files for row in typed_rows(post))]
    return list(dict.fromkeys(address for files in file_lists for address in files))


def with_rows(post: Post, rows: Iterable[TypedRow]) -> Post:
    """Return the post with these rows instead of its own, renumbered."""
    other_fields = {
        name: texts
        for name, texts in post.items()
        if not is_control(name) or name == f"{CONTROL}.{ALL}.file"
    }
    for place, row in enumerate(rows):
        number = str(place)
        other_fields[CONTROL] = [*other_fields.get(CONTROL, []), number]
        other_fields[f"{CONTROL}.{number}.prompt"] = [row.prompt]
        if row.files:
            other_fields[f"{CONTROL}.{number}.file"] = list(row.files)
    return other_fields


def edited(post: Post, verb: str, target: str) -> Post | None:
    """Return the post after a button press; None for other verbs."""
    rows = typed_rows(post)
    if verb == "add-row":
        return with_rows(post, [*rows, TypedRow("")])
    if verb == "remove-row":
        return with_rows(post, [row for row in rows if row.number != target])
    if verb == "remove-file":
        number, _, place = target.partition(":")
        name = f"{CONTROL}.{number}.file"
        kept_files = [text for at, text in enumerate(files_of(post, number)) if str(at) != place]
        return {key: texts for key, texts in post.items() if key != name} | {name: kept_files}
    return None


def with_stored(post: Post, number: str, addresses: Sequence[str]) -> Post:
    """Return the post with stored files in a row; for NEW, each file becomes a row of its own."""
    if number == NEW:
        added_rows = [TypedRow("", files=(address,)) for address in addresses]
        return with_rows(post, [*typed_rows(post), *added_rows])
    name = f"{CONTROL}.{number}.file"
    return post | {name: [*post.get(name, []), *addresses]}


def guessed(address: str) -> KnownFile:
    """Guess a file's kind and name from its address; without an extension it is an image."""
    if mentions.whole(address):
        return KnownFile("image", address)
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    name = unquote(parts.path.rstrip("/").rpartition("/")[2])
    if parts.scheme not in {"http", "https"} and not address.startswith(("/", "data:")):
        sentence = (
            f"“{address[:60]}” is neither the address of a file nor a reference such as @bottle."
        )
        return KnownFile("", address[:60], refusal=sentence)
    claimed_type = mimetypes.guess_type(name)[0] or ""
    if address.startswith("data:"):
        claimed_type, name = address[5:].partition(";")[0], "a file"
    kind = claimed_type.partition("/")[0]
    if claimed_type and kind not in NOUNS:
        return KnownFile("", name, refusal=f"{name[:60]} is not a picture, film or sound.")
    return KnownFile(kind or "image", name or parts.netloc)


def merged(own: Sequence[GivenFile], common: Sequence[GivenFile]) -> list[GivenFile]:
    """Return a row's own files, and the common files of all other kinds."""
    kinds = {file.kind for file in own}
    return [*own, *(file for file in common if file.kind not in kinds)]


def as_json(files: Sequence[GivenFile]) -> dict[str, Any]:
    """Return the files as a part of a row's values; empty without any."""
    return {FILES: [{"kind": f.kind, "file": f.address} for f in files]} if files else {}


def from_json(row: Mapping[str, Any]) -> list[GivenFile]:
    """Return the files in a row's values."""
    stored_files = row.get(FILES)
    entries = stored_files if isinstance(stored_files, list) else []
    return [
        GivenFile(str(entry.get("kind")), entry["file"])
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("file"), str)
    ]


def with_named_files(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's values for people: each file by its kind and number, such as `picture 2`."""
    row_values = {name: value for name, value in row.items() if name != FILES}
    counts: dict[str, int] = {}
    for file in from_json(row):
        counts[file.kind] = counts.get(file.kind, 0) + 1
        row_values[f"{NOUNS.get(file.kind, 'file')} {counts[file.kind]}"] = file.address
    return row_values


class FileReader:
    """Reads the files of rows; collects problems in `troubles` as (row, message)."""

    def __init__(self, known: Mapping[str, KnownFile]) -> None:
        self.known = known
        self.troubles: list[tuple[str, str]] = []

    def read(self, number: str, addresses: Sequence[str], place: str = "") -> list[GivenFile]:
        """Return those files of a row that can be inputs; `place` begins the messages."""
        files = []
        for address in tidy_addresses([*addresses]):
            file = self.known.get(address) or guessed(address)
            if file.refusal:
                self.troubles.append((f"{CONTROL}{number}", f"{place}{file.refusal}"))
            else:
                files.append(GivenFile(file.kind, address))
        if len(files) > MAX_FILES:
            message = f"{place}A row takes up to {MAX_FILES} files."
            self.troubles.append((f"{CONTROL}{number}", message))
        return files[:MAX_FILES]


def read_rows(
    rows: Sequence[TypedRow], prompt: Field | None, files: FileReader
) -> list[tuple[str, dict[str, Any]]]:
    """Return the label and the values of each row; `prompt` is the field of their prompts.

    Raises ValueError with a message.
    """
    if len(rows) > MAX_ROWS:
        raise ValueError(f"A board takes up to {MAX_ROWS} rows; this has more.")
    inputs = []
    for place, row in enumerate(rows, start=1):
        own: dict[str, Any] = {prompt.name: row.prompt} if prompt and row.prompt.strip() else {}
        own |= as_json(files.read(row.number, row.files, f"Row {place}: "))
        inputs.append((_label(row, files.known), own))
    return inputs


def _label(row: TypedRow, known: Mapping[str, KnownFile]) -> str:
    """Return a row's label: its prompt, else its files' names."""
    if row.prompt.strip():
        return values.short_label(row.prompt)
    names = [(known.get(address) or guessed(address)).name for address in row.files]
    return " · ".join(names)[:300]


def _last(post: Post, name: str) -> str:
    return (post.get(name) or [""])[-1].replace("\r\n", "\n")


# Rows that differ in a reference: `a photo of @bottle`, `a photo of @mug`.


def with_named_rows(post: Post, groups: Groups, posted_mentions: Sequence[str]) -> Post:
    """Return the post with a row for each mention, in the field that varies by row.

    The field is the chosen one if it takes texts or pictures, else the prompt, else the image.
    A text is the plan's prompt with the mention in place of its first one, or appended.
    """
    field = _named_field(post, groups)
    names = [mention for mention in posted_mentions if mentions.whole(mention)]
    if field is None or not names:
        return post
    prompt_text = (
        "" if media_of(field) else _last_posted(post, f"{SHARED}.{segment(field.name)}").strip()
    )
    rows = [*values.split_texts(_last_posted(post, "row-values"))]
    rows += [text for name in names if (text := _text_with(prompt_text, name)) not in rows]
    separator = "\n---\n" if any("\n" in row for row in rows) else "\n"
    return post | {"row-field": [field.name], "row-values": [separator.join(rows)]}


def _named_field(post: Post, groups: Groups) -> Field | None:
    field_name = _last_posted(post, "row-field")
    row_field = next((field for field in groups.shared if field.name == field_name), None)
    if row_field and (row_field.is_text or media_of(row_field) == "image"):
        return row_field
    by_word = by_meaning(groups.shared)
    return by_word.get("prompt") or by_word.get("image")


def _text_with(prompt_text: str, mention: str) -> str:
    """Return the prompt with the mention in it."""
    first = next(iter(mentions.keys_in(prompt_text)), "")
    if not first:
        return f"{prompt_text} {mention}".strip()
    return mentions.replaced(prompt_text, {first: mention}.get)


def _last_posted(post: Post, name: str) -> str:
    return (post.get(name) or [""])[-1]
