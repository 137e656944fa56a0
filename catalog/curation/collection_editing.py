"""Edits collections: their models, order, texts and covers.

Several curators may edit one collection at once: saving one page keeps models that another curator
added after that page was rendered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django import forms
from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from catalog.curation.text_cleaning import one_line, paragraphs
from catalog.models import Collection, CollectionItem, Endpoint
from core.forms import LineField

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_NOTE, LONGEST_SLUG = 120, 2000, 255, 50
MOST_ITEMS = 500
# Slugs that other pages under /collections/ use.
RESERVED = {"of", "import", "export", "order"}


@dataclass(frozen=True)
class Line:
    """One model of a collection, with the curator's note."""

    endpoint_id: str
    note: str = ""


@dataclass(frozen=True)
class Arrangement:
    """The desired state of a collection; `known`: its models when the form was rendered."""

    title: str
    description: str = ""
    is_published: bool = True
    cover: str = ""
    lines: Sequence[Line] = ()
    known: frozenset[str] = field(default_factory=frozenset)

    def cleaned(self) -> Arrangement:
        """A copy with clean texts and each model once; raises ValueError with a message."""
        title = one_line(self.title, LONGEST_TITLE, "title")
        if not title:
            raise ValueError("Give the collection a title.")
        lines: dict[str, Line] = {}
        for line in self.lines:
            note = one_line(line.note, LONGEST_NOTE, "note")
            lines.setdefault(line.endpoint_id, Line(line.endpoint_id, note))
        if len(lines) > MOST_ITEMS:
            raise ValueError(f"A collection holds at most {MOST_ITEMS} models.")
        return Arrangement(
            title,
            paragraphs(self.description, LONGEST_DESCRIPTION, "description"),
            self.is_published,
            self.cover,
            list(lines.values()),
            self.known,
        )


class TitleForm(forms.Form):
    """The title of a new collection."""

    title = LineField(max_length=LONGEST_TITLE, required="Give the collection a title.")


@transaction.atomic
def create(title: str, by: User) -> Collection:
    """Create a draft collection, placed last; raises ValueError with a message.

    Rejects an existing title, which is usually a double click and would be ambiguous. An import or
    an undo may still create a second collection of the same title (`create_with_free_slug`).
    """
    title = Arrangement(title).cleaned().title
    if Collection.objects.filter(title__iexact=title).exists():
        raise ValueError(f"There is a collection “{title}” already.")
    return create_with_free_slug(title, by)


def create_with_free_slug(title: str, by: User) -> Collection:
    """Create a collection with this title and a free slug."""
    with transaction.atomic():
        last = Collection.objects.aggregate(last=Max("position"))["last"]
        return Collection.objects.create(
            slug=free_slug(title),
            title=title,
            owner=by,
            is_published=False,
            position=0 if last is None else last + 1,
        )


def free_slug(title: str) -> str:
    """Return a free slug for a collection with this title."""
    base = slugify(title)[: LONGEST_SLUG - 5].strip("-") or "collection"
    used_slugs = set(
        Collection.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    )
    used_slugs |= RESERVED
    numbered = (f"{base}-{number}" for number in range(2, len(used_slugs) + 3))
    return (
        base
        if base not in used_slugs
        else next(slug for slug in numbered if slug not in used_slugs)
    )


@transaction.atomic
def arrange(collection: Collection, arrangement: Arrangement) -> None:
    """Save the desired state of a collection; raises ValueError with a message.

    Models that another curator added meanwhile (not in `known`) stay, at the end.
    """
    arrangement = arrangement.cleaned()
    items = {item.endpoint.endpoint_id: item for item in _locked(collection)}
    names = [line.endpoint_id for line in arrangement.lines]
    removed = [items[name].pk for name in items.keys() & arrangement.known - set(names)]
    collection.items.filter(pk__in=removed).delete()
    other_lines = [
        Line(name, item.note)
        for name, item in items.items()
        if name not in arrangement.known and name not in names
    ]
    _place(collection, items, [*arrangement.lines, *other_lines])
    collection.title, collection.description = arrangement.title, arrangement.description
    collection.is_published = arrangement.is_published
    covers = collection.endpoints.only("endpoint_id").filter(endpoint_id=arrangement.cover)
    collection.cover = covers.first() if arrangement.cover else None
    collection.save()


@transaction.atomic
def update_texts(
    collection: Collection,
    notes: Mapping[str, str],
    title: str | None = None,
    description: str | None = None,
) -> None:
    """Update a collection's texts, `notes` by endpoint id; raises ValueError with a message.

    Texts that are not given stay. Notes on models that were removed meanwhile are dropped.
    """
    items = {item.endpoint.endpoint_id: item for item in _locked(collection)}
    collection.refresh_from_db(fields=["title", "description"])
    arrangement = Arrangement(
        collection.title if title is None else title,
        collection.description if description is None else description,
        lines=[Line(name, note) for name, note in notes.items() if name in items],
    ).cleaned()
    changed_items = [items[line.endpoint_id] for line in arrangement.lines]
    for item, line in zip(changed_items, arrangement.lines, strict=True):
        item.note = line.note
    CollectionItem.objects.bulk_update(changed_items, ["note"])
    collection.title, collection.description = arrangement.title, arrangement.description
    collection.save(update_fields=["title", "description", "updated_at"])


def _locked(collection: Collection) -> list[CollectionItem]:
    Collection.objects.select_for_update().get(pk=collection.pk)
    items = collection.items.select_related("endpoint").only(
        "position", "note", "collection_id", "endpoint__endpoint_id"
    )
    return list(items.order_by("position", "pk"))


def _place(collection: Collection, items: dict[str, CollectionItem], lines: Iterable[Line]) -> None:
    """Save order and notes: update existing items, insert new ones."""
    all_lines = list(lines)
    if len(all_lines) > MOST_ITEMS:  # including models that others added meanwhile
        raise ValueError(f"A collection holds at most {MOST_ITEMS} models.")
    missing = {line.endpoint_id for line in all_lines} - items.keys()
    endpoints = {
        e.endpoint_id: e
        for e in Endpoint.objects.filter(endpoint_id__in=missing).only("endpoint_id")
    }
    changed_items, new = [], []
    for position, line in enumerate(
        line for line in all_lines if line.endpoint_id in items.keys() | endpoints
    ):
        item = items.get(line.endpoint_id)
        if item is None:
            new_item = CollectionItem(
                collection=collection,
                endpoint=endpoints[line.endpoint_id],
                position=position,
                note=line.note,
            )
            new.append(new_item)
        elif (item.position, item.note) != (position, line.note):
            item.position, item.note = position, line.note
            changed_items.append(item)
    CollectionItem.objects.bulk_update(changed_items, ["position", "note"])
    CollectionItem.objects.bulk_create(new)


@transaction.atomic
def add_models(collection: Collection, endpoints: Sequence[Endpoint]) -> int:
    """Append models; return how many were added. Raises ValueError if the collection is full."""
    items = _locked(collection)
    present = {item.endpoint_id for item in items}
    new = [endpoint for endpoint in endpoints if endpoint.pk not in present]
    if len(items) + len(new) > MOST_ITEMS:
        raise ValueError(f"“{collection.title}” would hold more than {MOST_ITEMS} models.")
    last = max((item.position for item in items), default=-1)
    CollectionItem.objects.bulk_create(
        CollectionItem(collection=collection, endpoint=endpoint, position=position)
        for position, endpoint in enumerate(new, start=last + 1)
    )
    collection.save(update_fields=["updated_at"])
    return len(new)


@transaction.atomic
def restore_model(collection: Collection, endpoint: Endpoint, position: int, note: str) -> None:
    """Undo a removal: insert the model at its former position, with its note."""
    items = [item for item in _locked(collection) if item.endpoint_id != endpoint.pk]
    lines = [Line(item.endpoint.endpoint_id, item.note) for item in items]
    lines.insert(position, Line(endpoint.endpoint_id, one_line(note, LONGEST_NOTE, "note")))
    _place(collection, {item.endpoint.endpoint_id: item for item in items}, lines)
    collection.save(update_fields=["updated_at"])


@transaction.atomic
def remove_model(collection: Collection, endpoint: Endpoint) -> tuple[int, str] | None:
    """Remove a model; returns its position and note for undo, or None if it was not in it."""
    items = _locked(collection)
    place = next((n for n, item in enumerate(items) if item.endpoint_id == endpoint.pk), None)
    if place is None:
        return None
    items[place].delete()
    if collection.cover_id == endpoint.pk:
        collection.cover = None
    collection.save(update_fields=["updated_at", "cover"])
    return place, items[place].note


@transaction.atomic
def reorder(slugs: Sequence[str]) -> None:
    """Order the collections; those not named follow in their present order."""
    places = {slug: place for place, slug in enumerate(dict.fromkeys(slugs))}
    rows = list(Collection.objects.select_for_update().only("slug", "position"))
    rows.sort(key=lambda row: places.get(row.slug, len(places)))  # stable: by position before
    for position, row in enumerate(rows):
        row.position = position
    Collection.objects.bulk_update(rows, ["position"])
