"""A share of a curated collection: its models with pictures, descriptions and notes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from accounts import permissions
from catalog.models import Collection as Row
from catalog.models import Picture
from core.formatting import category_name
from features.sharing.kinds.content import Curtain
from features.sharing.kinds.kind import Document, DocumentKind
from features.sharing.models import Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from features.sharing.access import Visit

SLUG = re.compile(r"[-\w]{1,50}")


@dataclass(frozen=True)
class Card:
    """A model of the collection; if the share hides models, its name is a number."""

    name: str
    endpoint_id: str
    description: str
    category: str
    note: str
    picture: str  # its address for visitors; empty without one
    link: str  # the model's page, for users with an account


class Collection(DocumentKind[Row]):
    """Cards of models; only visitors with an account get links to the models' pages."""

    name = Share.Kind.COLLECTION
    template = "features/sharing/kinds/_collection.html"
    styles = ("css/lazy/share-kinds.css",)

    def find(self, user: User, key: str) -> Row | None:
        """Return the collection, if the user is one of its curators."""
        is_curator = user.is_staff and permissions.may(user, permissions.CHANGE_COLLECTION)
        return _collections().filter(slug=key).first() if is_curator else None

    def seen(self, user: User, key: str) -> Row | None:
        """Return a published collection, or for curators also a draft."""
        collections = _collections() if user.is_staff else _collections().filter(is_published=True)
        return collections.filter(slug=key).first() if SLUG.fullmatch(key) else None

    def document(self, row: Row, user: User) -> Document:
        """Return the contents of its cards, in the curators' order."""
        return {
            "description": row.description,
            "models": [
                {
                    "model": [item.endpoint.endpoint_id, item.endpoint.name],
                    "description": item.endpoint.description,
                    "category": item.endpoint.category,
                    "note": item.note,
                    "picture": item.endpoint.picture_id or "",
                }
                for item in row.items.for_cards()
            ],
        }

    def page_context(self, visit: Visit, document: Document) -> Mapping[str, Any]:
        """Return the description and the cards."""
        share, models = visit.share, document["models"]
        kept_pictures = Picture.objects.filter(
            pk__in=[item["picture"] for item in models], state=Picture.State.KEPT
        )
        pictures = set(kept_pictures.exclude(small="").values_list("pk", flat=True))
        curtain = Curtain(share, [(*item["model"],) for item in models])
        cards = [_card(visit, curtain, place, item, pictures) for place, item in enumerate(models)]
        return {"description": curtain.telling(document["description"]), "cards": cards}

    def picture(self, share: Share, place: int) -> Picture | None:
        """Return the picture at a place, counted from 0, of the shared collection."""
        document = self.document_of(share)
        models = document["models"][place : place + 1] if document else []
        pictures = Picture.objects.filter(state=Picture.State.KEPT).exclude(small="")
        return pictures.filter(pk=models[0]["picture"]).first() if models else None


def _collections() -> Any:
    return Row.objects.select_related("owner")


def _card(
    visit: Visit, curtain: Curtain, place: int, model: Mapping[str, Any], pictures: set[str]
) -> Card:
    share = visit.share
    endpoint_id, name = model["model"]
    is_named = share.shows_models
    address = reverse("sharing:share-picture", args=[share.token, place + 1])
    page = reverse("playground:endpoint", args=[endpoint_id])
    return Card(
        name=name if is_named else f"Model {place + 1}",
        endpoint_id=endpoint_id if is_named else "",
        description=model["description"] if is_named else "",
        category=category_name(model["category"]),
        note=curtain.telling(model["note"]),
        picture=address if model["picture"] in pictures else "",
        link=page if is_named and visit.user.is_authenticated else "",
    )
