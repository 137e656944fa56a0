"""Exports collections to a JSON file; validates, previews and applies an import."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from catalog.curation.collection_editing import (
    LONGEST_SLUG,
    MOST_ITEMS,
    RESERVED,
    Arrangement,
    Line,
    arrange,
    create_with_free_slug,
    free_slug,
)
from catalog.model_records import NO_RECORDS, ModelRecords
from catalog.models import Collection, CollectionItem, Endpoint, Revision
from catalog.search import engine
from catalog.search.index import current
from catalog.search.query import Query
from fal.db_safe import db_safe_text
from schemas.exact import NotJson, dumps, loads

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FORMAT, VERSION = "vitrine-collections", 1
LARGEST_BYTES = 8 << 20  # the preview page posts the text again, below DATA_UPLOAD_MAX_MEMORY_SIZE
MOST_COLLECTIONS = 1000
_SLUG = re.compile(rf"[-a-zA-Z0-9_]{{1,{LONGEST_SLUG}}}")
_KEYS = ("title", "slug", "description", "order", "is_published", "cover", "items")
_LINE_KEYS = ("endpoint_id", "note")
CollectionJson = dict[str, Any]
_ENTRIES_AT_ONCE = 500  # entries per query


@dataclass(frozen=True)
class Entry:
    """One collection of a file."""

    slug: str
    order: int
    wanted: Arrangement


@dataclass(frozen=True)
class Step:
    """What an import would do with one collection."""

    entry: Entry
    known: Collection | None
    changes: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # endpoint ids that are not in the catalogue
    namesake: str = ""  # the slug of an existing collection of the same title, for a new one

    @property
    def word(self) -> str:
        """`new`, `changed` or `as it is`."""
        return "new" if self.known is None else "changed" if self.changes else "as it is"


def dump(collection: Collection) -> CollectionJson:
    """One collection as JSON."""
    items = collection.items.select_related("endpoint").only(
        "collection_id", "note", "endpoint__endpoint_id"
    )
    return _dumped(collection, items.order_by("position", "pk"))


def dump_all(collections: Iterable[Collection] | None = None) -> CollectionJson:
    """Return all or the given collections as JSON, in order, in two queries."""
    exported = list(
        Collection.objects.select_related("cover") if collections is None else collections
    )
    items: dict[int, list[CollectionItem]] = {row.pk: [] for row in exported}
    rows = CollectionItem.objects.filter(collection__in=items).select_related("endpoint")
    rows = rows.only("collection_id", "note", "endpoint__endpoint_id").order_by("position", "pk")
    for item in rows:
        items[item.collection_id].append(item)
    return {
        "format": FORMAT,
        "version": VERSION,
        "collections": [_dumped(row, items[row.pk]) for row in exported],
    }


def export(collections: Iterable[Collection] | None = None) -> str:
    """Return the file of all or the given collections; raises ValueError with a message."""
    document = dump_all(collections)
    text = dumps(document) + "\n"
    count = len(document["collections"])
    if count <= MOST_COLLECTIONS and len(text.encode()) <= LARGEST_BYTES:
        return text
    raise ValueError(
        f"One file holds at most {MOST_COLLECTIONS} collections and {LARGEST_BYTES >> 20} MB; "
        f"these are {count}, {len(text.encode()) / (1 << 20):.1f} MB. Save some of them at a time: "
        "choose them in the admin's list of collections, “Save as a file”."
    )


def _dumped(collection: Collection, items: Iterable[CollectionItem]) -> CollectionJson:
    return {
        "title": collection.title,
        "slug": collection.slug,
        "description": collection.description,
        "order": collection.position,
        "is_published": collection.is_published,
        "cover": collection.cover.endpoint_id if collection.cover else "",
        "items": [{"endpoint_id": item.endpoint.endpoint_id, "note": item.note} for item in items],
    }


def parse(text: str) -> list[Entry]:
    """The collections of a file; raises ValueError saying what is wrong and where."""
    if len(text.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise ValueError(f"The file is larger than {LARGEST_BYTES >> 20} MB.")
    try:
        document = loads(text)
    except NotJson as error:
        raise ValueError(f"This is not JSON: {error}.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"This is not a file of collections: “format” must be “{FORMAT}”.")
    if document.get("version") != VERSION:
        raise ValueError(f"This file is of another version; version {VERSION} can be read.")
    rows = document.get("collections")
    if not isinstance(rows, list) or len(rows) > MOST_COLLECTIONS:
        raise ValueError(f"“collections” has to be a list of at most {MOST_COLLECTIONS}.")
    entries = [_entry(row, f"Collection {number}") for number, row in enumerate(rows, start=1)]
    slugs = [entry.slug for entry in entries]
    if twice := next((slug for slug in slugs if slugs.count(slug) > 1), None):
        raise ValueError(f"Two collections have the slug “{twice}”.")
    return entries


def _entry(row: Any, place: str) -> Entry:
    if not isinstance(row, dict):
        raise ValueError(f"{place} has to be an object.")
    _only(row, _KEYS, place)
    slug, order, items = row.get("slug"), row.get("order", 0), row.get("items", [])
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug) or slug in RESERVED:
        raise ValueError(f"{place}: the slug may hold letters, digits, “-” and “_” alone.")
    if isinstance(order, bool) or not isinstance(order, int) or not 0 <= order < 1 << 31:
        raise ValueError(f"{place}: the order has to be a whole number, 0 or more.")
    if not isinstance(items, list):
        raise ValueError(f"{place}: “items” has to be a list.")
    is_published = row.get("is_published", True)
    if not isinstance(is_published, bool):
        raise ValueError(f"{place}: “is_published” has to be true or false.")
    lines = [_line(item, f"{place}, model {number}") for number, item in enumerate(items, start=1)]
    if len(lines) > MOST_ITEMS:
        raise ValueError(f"{place}: a collection holds at most {MOST_ITEMS} models.")
    title, description, cover = (
        _text(row, name, place) for name in ("title", "description", "cover")
    )
    try:
        arrangement = Arrangement(title, description, is_published, cover, lines).cleaned()
        return Entry(slug, order, arrangement)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def _only(row: Mapping[str, Any], keys: Sequence[str], place: str) -> None:
    """Reject unknown keys: a misspelt key would silently empty its field."""
    if unknown := sorted(map(str, row.keys() - set(keys))):
        raise ValueError(
            f"{place}: “{unknown[0][:60]}” is unknown; an object here has only {', '.join(keys)}."
        )


def _line(item: Any, place: str) -> Line:
    if not isinstance(item, dict) or not item.get("endpoint_id"):
        raise ValueError(f"{place} has to be an object with an “endpoint_id”.")
    _only(item, _LINE_KEYS, place)
    return Line(_text(item, "endpoint_id", place), _text(item, "note", place))


def _text(row: Mapping[str, Any], name: str, place: str) -> str:
    value = row.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{place}: “{name}” has to be a text.")
    return db_safe_text(value)


def plan(entries: Sequence[Entry]) -> list[Step]:
    """The changes that `apply` would make, without making any; a fixed number of queries."""
    collections = {
        row.slug: row
        for row in Collection.objects.select_related("cover").filter(
            slug__in=[entry.slug for entry in entries]
        )
    }
    is_now = {
        document["slug"]: document
        for document in dump_all(list(collections.values()))["collections"]
    }
    ids = {line.endpoint_id for entry in entries for line in entry.wanted.lines}
    # All ids are read, because a file may contain more than a query's parameters allow.
    existing_ids = ids & {*Endpoint.objects.order_by().values_list("endpoint_id", flat=True)}
    titles = [entry.wanted.title for entry in entries if entry.slug not in collections]
    namesakes = dict(Collection.objects.filter(title__in=titles).values_list("title", "slug"))
    return [
        Step(
            entry,
            collections.get(entry.slug),
            _changes(is_now[entry.slug], entry, existing_ids) if entry.slug in collections else [],
            [
                line.endpoint_id
                for line in entry.wanted.lines
                if line.endpoint_id not in existing_ids
            ],
            namesakes.get(entry.wanted.title, "") if entry.slug not in collections else "",
        )
        for entry in entries
    ]


def _changes(was: CollectionJson, entry: Entry, existing_ids: set[str]) -> list[str]:
    """The differences between a collection and an entry, in words."""
    goal = entry.wanted
    texts = ("title", "description")
    changes = [f"another {name}" for name in texts if was[name] != getattr(goal, name)]
    if was["order"] != entry.order:
        changes.append("another place")
    if was["is_published"] != goal.is_published:
        changes.append("published" if goal.is_published else "a draft again")
    if was["cover"] != (goal.cover if goal.cover in existing_ids else ""):
        changes.append("another cover")
    lines = {line.endpoint_id: line.note for line in goal.lines if line.endpoint_id in existing_ids}
    notes = {item["endpoint_id"]: item["note"] for item in was["items"]}
    counts = {
        "added": len(lines.keys() - notes.keys()),
        "removed": len(notes.keys() - lines.keys()),
        "with another note": sum(lines[key] != notes[key] for key in lines.keys() & notes.keys()),
    }
    changes += [f"{n} model{'s' * (n > 1)} {word}" for word, n in counts.items() if n]
    if [key for key in lines if key in notes] != [key for key in notes if key in lines]:
        changes.append("another order")
    return changes


@transaction.atomic
def apply(entries: Sequence[Entry], by: User) -> list[Collection]:
    """Create or update the collections; models that are not in the catalogue are left out."""
    return [_made(entry, by) for entry in entries]


def restore(document: CollectionJson, by: User) -> Collection:
    """Create a collection from `dump`'s JSON; under another slug if its own is taken."""
    entry = _entry(document, "The collection")
    if Collection.objects.filter(slug=entry.slug).exists():
        entry = Entry(free_slug(entry.wanted.title), entry.order, entry.wanted)
    return apply([entry], by)[0]


def _made(entry: Entry, by: User) -> Collection:
    collection = Collection.objects.filter(slug=entry.slug).first()
    if collection is None:
        collection = create_with_free_slug(entry.wanted.title, by)
        collection.slug = entry.slug
    collection.position = entry.order
    known_ids = frozenset(collection.endpoints.values_list("endpoint_id", flat=True))
    arrange(collection, Arrangement(**{**vars(entry.wanted), "known": known_ids}))
    return collection


# Exports the catalogue's listing entries unchanged, in the format of upstream's listing.


def export_catalogue(
    query: Query,
    starred: frozenset[int],
    locked: frozenset[int] = frozenset(),
    records: ModelRecords = NO_RECORDS,
) -> str:
    """Return JSON with every model that a query finds, in upstream's order.

    `locked` are the models that rules lock, `records` those shown; queries may filter by both.

    A model without a stored entry has only its id.
    """
    index = current(Revision.current())
    places = sorted(engine.find_all(query, starred, index, locked, records))
    entries = _listing_entries([index.keys[place] for place in places])
    return "".join(['{"models":[\n', ",\n".join(entries), '\n],"has_more":false}\n'])


def _listing_entries(keys: list[int]) -> Iterator[str]:
    for start in range(0, len(keys), _ENTRIES_AT_ONCE):
        batch = keys[start : start + _ENTRIES_AT_ONCE]
        rows = Endpoint.objects.filter(pk__in=batch).order_by()
        texts = {
            pk: (i, text) for pk, i, text in rows.values_list("pk", "endpoint_id", "entry__text")
        }
        for endpoint_id, text in (texts[key] for key in batch if key in texts):
            yield text or json.dumps({"endpoint_id": endpoint_id})
