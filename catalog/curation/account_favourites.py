"""Copies the favourites of the upstream account that owns FAL_KEY to a user's favourites."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core import signing
from django.db.models import QuerySet

from catalog.models import Endpoint, Favourite
from core.periods import UNDO_WITHIN

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_SALT = "vitrine.account-favourites"


def missing(user: User) -> QuerySet[Endpoint]:
    """Return the models that the account has starred and this user has not."""
    favourites = Endpoint.objects.listed().filter(is_favorited=True)
    return favourites.exclude(favourites__user_id=user.pk)


def import_missing(user: User) -> tuple[int, str]:
    """Star all missing ones; return their number and a signed token for `undo_import`."""
    keys = list(missing(user).order_by("-position").values_list("pk", flat=True))
    _star(user, keys)
    return len(keys), signing.dumps([user.pk, keys], salt=_SALT, compress=True)


def undo_import(user: User, token: str) -> int:
    """Remove what `import_missing` starred; return how many, 0 for an invalid token."""
    try:
        owner, keys = signing.loads(token, salt=_SALT, max_age=UNDO_WITHIN)
    except signing.BadSignature:
        return 0
    if owner != user.pk:
        return 0
    imported = Favourite.objects.filter(user_id=user.pk, endpoint_id__in=keys)
    return imported.delete()[0]


def _star(user: User, keys: Iterable[int]) -> None:
    rows = [Favourite(user_id=user.pk, endpoint_id=key) for key in keys]
    Favourite.objects.bulk_create(rows, ignore_conflicts=True)
