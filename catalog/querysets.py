"""Chainable questions about the catalogue; views never spell out filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from catalog.models import (  # noqa: F401
        Change,
        Collection,
        CollectionItem,
        Endpoint,
        Favourite,
    )
    from catalog.prepared import Slot

CARD = (
    "endpoint_id",
    "display_name",
    "owner",
    "category",
    "description",
    "status",
    "gone_at",
    "standing",
    "picture__small",
    "picture__large",
    "picture__clip",
    "picture__colour",
    "unit_price_usd",
    "price_unit",
    "currency",
)


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    """Questions about endpoints. None of them loads a schema's document."""

    def listed(self) -> EndpointQuerySet:
        """Those that upstream still lists."""
        return self.filter(gone_at=None)

    def in_category(self, name: str) -> EndpointQuerySet:
        """Those of a category; `unknown` is the one of those that name none."""
        return self.filter(category__in=[name, ""] if name == "unknown" else [name])

    def for_cards(self) -> EndpointQuerySet:
        """Only what a card shows."""
        return self.select_related("picture").only(*CARD)

    def with_favourites_of(self, user_id: int | Slot) -> EndpointQuerySet:
        """Each with `is_favourite`, whether this person starred it."""
        from catalog.models import Favourite

        mine = Favourite.objects.filter(user_id=user_id, endpoint=OuterRef("pk"))
        return self.annotate(is_favourite=Exists(mine))


class FavouriteQuerySet(models.QuerySet["Favourite"]):
    """Questions about stars."""

    def endpoints_of(self, user: User | AnonymousUser) -> tuple[int, ...]:
        """The keys of the endpoints that `user` starred, the newest star first."""
        mine = self.filter(user_id=user.pk or 0).order_by("-pk")
        return tuple(mine.values_list("endpoint_id", flat=True))

    def set(self, user_id: int, endpoint: Endpoint, *, starred: bool) -> None:
        """Star or unstar; doing it twice is doing it once."""
        if starred:
            self.bulk_create(
                [self.model(user_id=user_id, endpoint=endpoint)], ignore_conflicts=True
            )
        else:
            self.filter(user_id=user_id, endpoint=endpoint).delete()


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Questions about collections."""

    def published(self) -> CollectionQuerySet:
        """Those that everybody may see, in the curators' order."""
        return self.filter(is_published=True)


class CollectionItemQuerySet(models.QuerySet["CollectionItem"]):
    """Questions about places in collections."""

    def for_cards(self) -> CollectionItemQuerySet:
        """Each with only what its endpoint's card shows, in the curators' order."""
        return self.select_related("endpoint__picture").only(
            "collection_id", "note", "position", *(f"endpoint__{name}" for name in CARD)
        )


class ChangeQuerySet(models.QuerySet["Change"]):
    """Questions about what became of endpoints."""

    def uncompared(self) -> ChangeQuerySet:
        """New versions of a schema whose lines nobody has written yet."""
        return self.filter(kind="schema", lines__isnull=True)

    def told(self) -> ChangeQuerySet:
        """Those that say something: compared, and more than another wording."""
        return self.filter(lines__isnull=False, weight__gt=0)
