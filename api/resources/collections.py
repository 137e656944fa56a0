"""Curated collections: read by all users, changed by curators."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from accounts import permissions
from api.contract.operation import Call, Parameter, Reply, Response, operation
from api.http import cursor
from api.http.problem import Problem
from api.representation import endpoint as representation
from api.resources.parameters import CURSOR, ENDPOINT, LIMIT, MAX_KEY, find_endpoint, take_page
from catalog.curation import collection_editing
from catalog.models import Collection
from catalog.models.querysets import CollectionQuerySet
from core.db.name_order import by_name

SLUG = Parameter(
    "slug",
    {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,50}$"},
    "the collection's short name",
    where="path",
    converter="slug",
)


def card(collection: Collection, call: Call) -> dict[str, Any]:
    """Return a `CollectionCard`."""
    return {
        "slug": collection.slug,
        "title": collection.title,
        "description": collection.description,
        "is_published": collection.is_published,
        "url": call.absolute(collection.get_absolute_url()),
    }


def _visible(call: Call) -> CollectionQuerySet:
    return Collection.objects.all() if call.user.is_staff else Collection.objects.published()


def _find(call: Call) -> Collection:
    collection = _visible(call).filter(slug=call.values["slug"]).first()
    if collection is None:
        raise Problem(404, "There is no such collection.")
    return collection


@operation(
    "GET",
    "/collections",
    scope="read",
    tag="collections",
    parameters=[LIMIT, CURSOR],
    responses=[Response(200, "Collections in the curators' order.", "CollectionPage")],
)
def list_collections(call: Call) -> Reply:
    """List the curated collections."""
    limit, first = call.values["limit"], 0
    if text := call.values["cursor"]:
        (first,) = cursor.decode(text, int)
        if not 0 < first < MAX_KEY:
            raise cursor.bad_cursor()
    collections = list(
        _visible(call).order_by("position", by_name("title"), "pk")[first : first + limit + 1]
    )
    return Reply(
        take_page(
            collections, limit, lambda collection: card(collection, call), lambda _: [first + limit]
        )
    )


@operation(
    "GET",
    "/collections/{slug}",
    scope="read",
    tag="collections",
    parameters=[SLUG],
    responses=[Response(200, "The collection with its models.", "Collection")],
    errors=[404],
)
def get_collection(call: Call) -> Reply:
    """Read a collection: its models in order, with the curator's notes."""
    collection = _find(call)
    models = [
        {"model": representation.card(item.endpoint, call), "note": item.note}
        for item in collection.items.for_cards()
    ]
    return Reply(card(collection, call) | {"models": models})


@operation(
    "PUT",
    "/collections/{slug}/models/{endpoint_id}",
    scope="curate",
    tag="collections",
    parameters=[SLUG, ENDPOINT],
    responses=[Response(204, "The model is in the collection.")],
    errors=[404],
)
def add_to_collection(call: Call) -> Reply:
    """Add a model to the end of a collection, unless the collection has it already."""
    collection = _find(call)
    _require_curator(call)
    endpoint = find_endpoint(call.values["endpoint_id"])
    try:
        collection_editing.add_models(collection, [endpoint])
    except ValueError as error:
        raise Problem(422, str(error)) from error
    return Reply(None, 204)


@operation(
    "DELETE",
    "/collections/{slug}/models/{endpoint_id}",
    scope="curate",
    tag="collections",
    parameters=[SLUG, ENDPOINT],
    responses=[Response(204, "The model is no longer in the collection.")],
    errors=[404],
)
def remove_from_collection(call: Call) -> Reply:
    """Remove a model from a collection."""
    collection = _find(call)
    _require_curator(call)
    collection_editing.remove_model(collection, find_endpoint(call.values["endpoint_id"]))
    return Reply(None, 204)


def _require_curator(call: Call) -> None:
    try:
        permissions.require(call.user, permissions.CHANGE_COLLECTION)
    except PermissionDenied as error:
        raise Problem(403, str(error)) from error
