"""A run's settings as rows with the form's labels: changed ones first, then the model's defaults.

The prompt is left out: the caption has it. Addresses of our files become pictures or names.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from catalog.schema_versions import former_version, version_of
from fal.db_safe import db_safe, db_safe_text
from playground.display.inputs import main_addresses
from runs.files import artifact_urls
from runs.files.artifact_urls import thumbnail_url
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import Artifact, Run, Upload
from schemas import MISSING, Field, find
from schemas.changes.diff_lines import dotted
from schemas.exact import dumps, identical
from schemas.fields.fitting import matching_option
from schemas.fields.paths import label_at
from schemas.form.decode import Path
from schemas.meanings import SIDES, by_meaning
from schemas.wording.labels import number, option

MAX_VALUE_CHARS = 20_000  # of a text value
MAX_JSON_CHARS = 2000
MAX_ROWS = 200  # the input's JSON has all
MAX_TEXT_CHARS = 600
MAX_FILES = 20  # of one run
DELETED = ""  # instead of the address of an upload's picture


@dataclass(frozen=True)
class File:
    """An input file: its name, our address, and the address of a picture if there is one."""

    name: str
    address: str = ""
    still: str = ""


@dataclass(frozen=True)
class Setting:
    """One value of the input: its text, or the files that it names."""

    label: str
    text: str
    files: tuple[File, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Settings:
    """The settings that differ from the model's defaults, and the defaults used for the rest."""

    changed: list[Setting]
    defaults: list[Setting]


_Leaf = tuple[Path, Any, "Field | None"]


def settings_of(run: Run) -> Settings:
    """Return the settings of a run in the order of its model's form; at most three queries."""
    version = former_version(run.endpoint, run.schema_id or "") or version_of(run.endpoint)
    return settings_in(version.root, run.arguments)


def settings_in(root: Field, arguments: Any) -> Settings:
    """Return arguments as settings, in the order of a model's form; two queries."""
    if not isinstance(arguments, dict):
        return Settings([Setting("Input", _cut(in_words(db_safe(arguments), None)))], [])
    prompt = by_meaning(root.children).get("prompt")
    known_fields = [child for child in root.children if child is not prompt]
    names = [child.name for child in known_fields]
    all_known = {child.name for child in root.children}
    unknown = list(islice((name for name in arguments if name not in all_known), MAX_ROWS))
    arguments = db_safe({name: arguments[name] for name in (*names, *unknown) if name in arguments})
    changed_leaves, defaults = [], []
    for name in [*names, *unknown]:
        field_node = field_at(root, (name,))
        value = arguments.get(name, MISSING)
        if value is not MISSING and not (field_node and identical(value, field_node.default)):
            changed_leaves += list(islice(_leaves((name,), value, root), MAX_ROWS))
        elif field_node and field_node.has_default and not field_node.is_hidden:
            defaults += list(_leaves((name,), field_node.default, root))
    addresses = [address for _, value, _ in changed_leaves for address in _files_in(value)]
    stills, origins = input_stills(addresses), artifact_urls.origins(addresses)
    return Settings(
        [_setting(leaf, root, stills, origins) for leaf in islice(changed_leaves, MAX_ROWS)],
        [_setting(leaf, root, {}, {}) for leaf in islice(defaults, MAX_ROWS)],
    )


def _leaves(path: Path, value: Any, root: Field) -> Iterator[_Leaf]:
    """Yield each value within a nested value that gets a row of its own."""
    is_nested = isinstance(value, list) and any(isinstance(row, dict | list) for row in value)
    if isinstance(value, dict) and value and set(value) != set(SIDES):
        for key, child in value.items():
            yield from _leaves((*path, key), child, root)
    elif is_nested:
        for number, child in enumerate(value):
            yield from _leaves((*path, number), child, root)
    else:
        yield path, value, field_at(root, path)


def _files_in(value: Any) -> list[str]:
    """Return the addresses in a value that is one or a list of them; empty for anything else."""
    texts = value if isinstance(value, list) else [value]
    is_address = [isinstance(text, str) and _is_address(text) for text in texts]
    return texts if texts and all(is_address) else []


def _is_address(text: str) -> bool:
    return bool(OUR_ADDRESS.fullmatch(text)) or text.startswith(("https://", "http://", "data:"))


def _setting(
    leaf: _Leaf, root: Field, stills: Mapping[str, str], origins: Mapping[str, str]
) -> Setting:
    path, value, field_node = leaf
    label = label_of(path, root, field_node)
    if addresses := _files_in(value):
        return Setting(label, "", tuple(_file(text, stills, origins) for text in addresses))
    if isinstance(value, dict) and set(value) == set(SIDES):
        return Setting(label, " × ".join(in_words(value[side], None) for side in SIDES))
    if isinstance(value, list):
        return Setting(label, _cut(", ".join(in_words(row, None) for row in value)))
    return Setting(label, _cut(in_words(value, field_node)))


def _file(address: str, stills: Mapping[str, str], origins: Mapping[str, str]) -> File:
    if address.startswith("data:"):
        return File("A file within the input")
    if not OUR_ADDRESS.fullmatch(address):
        parts = urlsplit(address)
        return File(_cut(f"{unquote(parts.path.rpartition('/')[2])} at {parts.hostname or ''}"))
    made_by = origins.get(address)
    name = f"A result of {made_by}" if made_by else unquote(address.rpartition("/")[2])
    if stills.get(address) == DELETED:
        return File(db_safe_text(f"{name} (this file was deleted)"))
    return File(db_safe_text(name) or "A result", address, stills.get(address, ""))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARS else f"{text[:MAX_TEXT_CHARS]}…"


# Small pictures of a run's input files, for its settings and for the place of its result.


def input_stills(addresses: Iterable[str]) -> dict[str, str]:
    """Return a map from addresses of our files to their pictures' addresses; at most two queries.

    Files without a picture, such as sounds, are left out; uploads that are gone have DELETED.
    """
    hits = [match for address in addresses if (match := OUR_ADDRESS.fullmatch(address))][:MAX_FILES]
    results = {match[0]: (match["run"], int(match["position"])) for match in hits if match["run"]}
    uploads = {match[0]: match["upload"] for match in hits if match["upload"]}
    return _of_results(results) | _of_uploads(uploads)


def still_of_input(run: Run) -> str:
    """Return the address of a picture of the run's main input; empty without one."""
    for kind in ("image", "video"):
        for still in input_stills(main_addresses(run, kind)[:1]).values():
            return still
    return ""


def _of_results(results: dict[str, tuple[str, int]]) -> dict[str, str]:
    if not results:
        return {}
    artifacts = Artifact.objects.filter(run_id__in={run for run, _ in results.values()})
    by_place = {(str(artifact.run_id), artifact.position): artifact for artifact in artifacts}
    pictures = {
        address: thumbnail_url(by_place[place], address)
        for address, place in results.items()
        if place in by_place
    }
    return {address: still for address, still in pictures.items() if still}


def _of_uploads(uploads: dict[str, str]) -> dict[str, str]:
    if not uploads:
        return {}
    rows = Upload.objects.kept().filter(pk__in=uploads.values()).values_list("pk", "content_type")
    types = {str(pk): content_type for pk, content_type in rows}
    found = {address: types.get(str(uuid.UUID(key)), "") for address, key in uploads.items()}
    return {
        address: address if content_type else DELETED
        for address, content_type in found.items()
        if not content_type or content_type.startswith("image/")
    }


def field_at(root: Field, path: Path) -> Field | None:
    """Return the field at a path; None if the model does not know it."""
    parent, field = find(root, path[:-1]), find(root, path)
    return None if path and field is parent else field


def label_of(path: Path, root: Field, field: Field | None) -> str:
    """Return the labels along a path; without a field the path itself."""
    if field is None:
        return dotted(tuple(str(part) for part in path))
    labels = [label_at(root, path[: end + 1]) for end in range(len(path))]
    return db_safe_text(": ".join(labels) or label_at(root, path))


def in_words(value: Any, field: Field | None) -> str:
    """Return a value as it is shown; a choice by its label; empty for MISSING."""
    if value is MISSING:
        return ""
    choice = matching_option(field, value) if field and field.options else None
    if choice is not None and not choice.branch:
        return choice.label
    if isinstance(value, str):
        return db_safe_text(value[:MAX_VALUE_CHARS])
    if isinstance(value, bool):
        return option(value)
    if isinstance(value, int | float):
        return number(value)
    text = dumps(value, indent=None)
    return db_safe_text(f"{text[:MAX_JSON_CHARS]}…" if len(text) > MAX_JSON_CHARS else text)
