"""Chainable querysets of the catalogue, so that views contain no filters."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from catalog.models import (  # noqa: F401
        Change,
        Collection,
        CollectionItem,
        Endpoint,
        Favourite,
    )

CARD = (
    "endpoint_id",
    "display_name",
    "full_name",
    "owner",
    "category",
    "group_key",
    "group_label",
    "description",
    "status",
    "gone_at",
    "mark",
    "thumbnail_url",
    "thumbnail_animated_url",
    "picture__small",
    "picture__large",
    "picture__clip",
    "picture__colour",
    "unit_price_usd",
    "price_unit",
    "currency",
    "measured_price",
    "measured_unit",
    "measured_runs",
    "duration_estimate_min",
    "median_s",
    "tags",
    "published_at",
    "updated_at",
    "facts",
)
ITEM = ("collection_id", "note", "position")  # of a collection's item, beside its card

TEST_TAG = "test"  # of models that only test the software, such as those of the sandbox
MOST_WORDS = 8  # of a text to find in names

# Columns that search and comparison read; no form or run shows them.
CATALOGUE_ONLY = (
    "description",
    "field_words",
    "inputs",
    "training_endpoint_ids",
    "inference_endpoint_ids",
)


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    """Queries for endpoints. None of them loads a schema's document."""

    def listed(self) -> EndpointQuerySet:
        """Endpoints that upstream still lists."""
        return self.filter(gone_at=None)

    def worth_suggesting(self) -> EndpointQuerySet:
        """Listed, active endpoints without those that only test the software."""
        tag_text = Cast("tags", models.TextField())
        active = self.listed().filter(status="active").alias(tag_text=tag_text)
        return active.exclude(tag_text__contains=f'"{TEST_TAG}"')

    def in_category(self, name: str) -> EndpointQuerySet:
        """Endpoints of a category; `unknown` selects those without one."""
        return self.filter(category__in=[name, ""] if name == "unknown" else [name])

    def called(self, text: str) -> EndpointQuerySet:
        """Endpoints whose name or id has all the words of a text."""
        named_by = ("full_name", "display_name", "endpoint_id")
        matching = self
        for word in text.split()[:MOST_WORDS]:
            has = (Q(**{f"{name}__icontains": word}) for name in named_by)
            matching = matching.filter(reduce(or_, has))
        return matching

    def for_cards(self) -> EndpointQuerySet:
        """Load only the columns that a card shows."""
        return self.select_related("picture").only(*CARD)

    def with_favourites_of(self, user_id: int) -> EndpointQuerySet:
        """Annotate `is_favourite`: whether this user starred the endpoint."""
        from catalog.models import Favourite

        favourites = Favourite.objects.filter(user_id=user_id, endpoint=OuterRef("pk"))
        return self.annotate(is_favourite=Exists(favourites))


class FavouriteQuerySet(models.QuerySet["Favourite"]):
    """Queries for favourites."""

    def endpoints_of(self, user: User | AnonymousUser) -> tuple[int, ...]:
        """Primary keys of the endpoints that `user` starred, newest first."""
        favourites = self.filter(user_id=user.pk or 0).order_by("-pk")
        return tuple(favourites.values_list("endpoint_id", flat=True))

    def set(self, user_id: int, endpoint: Endpoint, *, starred: bool) -> None:
        """Add or remove a favourite; idempotent."""
        if starred:
            self.bulk_create(
                [self.model(user_id=user_id, endpoint=endpoint)], ignore_conflicts=True
            )
        else:
            self.filter(user_id=user_id, endpoint=endpoint).delete()


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Queries for collections."""

    def published(self) -> CollectionQuerySet:
        """Published collections, in the curators' order."""
        return self.filter(is_published=True)


class CollectionItemQuerySet(models.QuerySet["CollectionItem"]):
    """Queries for the items of collections."""

    def for_cards(self) -> CollectionItemQuerySet:
        """Load only the columns that the cards show, in the curators' order."""
        return self.select_related("endpoint__picture").only(
            *ITEM, *(f"endpoint__{name}" for name in CARD)
        )


class ChangeQuerySet(models.QuerySet["Change"]):
    """Queries for the change log."""

    def uncompared(self) -> ChangeQuerySet:
        """Schema changes that are not compared yet."""
        return self.filter(kind="schema", lines__isnull=True)

    def worth_showing(self) -> ChangeQuerySet:
        """Changes to show: compared, and more than a change of wording."""
        return self.filter(lines__isnull=False, weight__gt=0)
