"""Copies the favourites of the upstream account that owns FAL_KEY to a user's favourites."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Endpoint, Favourite
from core.periods import UNDO_WITHIN

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def missing(user: User) -> QuerySet[Endpoint]:
    """Return the models that the account has starred and this user has not."""
    favourites = Endpoint.objects.listed().filter(is_favorited=True)
    return favourites.exclude(favourites__user_id=user.pk)


def import_missing(user: User) -> datetime | None:
    """Star all missing ones; return the time for `undo_import`, None if nothing was missing."""
    since = timezone.now()
    keys = list(missing(user).order_by("-position").values_list("pk", flat=True))
    rows = [Favourite(user_id=user.pk, endpoint_id=key) for key in keys]
    Favourite.objects.bulk_create(rows, ignore_conflicts=True)
    return since if keys else None


def undo_import(user: User, since: datetime) -> None:
    """Remove what `import_missing` has starred since then, within a day."""
    if since > timezone.now() - UNDO_WITHIN:
        starred = Favourite.objects.filter(user_id=user.pk, created_at__gte=since)
        starred.filter(endpoint__is_favorited=True).delete()
