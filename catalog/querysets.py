"""Chainable questions about the catalogue; views never spell out filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from catalog.models import Collection, Endpoint  # noqa: F401


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    """Questions about endpoints. None of them loads a schema's document."""

    def listed(self) -> EndpointQuerySet:
        """Those that upstream still lists."""
        return self.filter(gone_at=None)

    def with_favourites_of(self, user: AbstractBaseUser | AnonymousUser) -> EndpointQuerySet:
        """Each with `is_favourite`, whether `user` starred it."""
        from catalog.models import Favourite

        mine = Favourite.objects.filter(user_id=user.pk, endpoint=OuterRef("pk"))
        return self.annotate(is_favourite=Exists(mine))


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Questions about collections."""

    def published(self) -> CollectionQuerySet:
        """Those that everybody may see, in the curators' order."""
        return self.filter(is_published=True)
