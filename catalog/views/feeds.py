"""The change log as an Atom feed, at a personal URL that can be revoked."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.syndication.views import Feed
from django.core import signing
from django.db.models import Count, F, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import condition

from catalog.changelog import queries
from catalog.changelog.queries import Filters
from catalog.models import Change, Favourite, Reader
from catalog.models.querysets import ChangeQuerySet
from core.formatting import category_name

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SALT = "vitrine.feed"
MOST_ENTRIES = 100
_SPACE = uuid.UUID("5c0c2c1e-9d3c-5a51-8b67-2f0f5d2ab001")  # our namespace: ids must not change
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
WORDS = {
    Change.Kind.NEW: "New: {}",
    Change.Kind.GONE: "Gone: {}",
    Change.Kind.BACK: "Back: {}",
    Change.Kind.LISTING: "{}: its listing changed",
    Change.Kind.PRICE: "{}: another price",
    Change.Kind.SCHEMA: "{}: inputs or outputs changed",
}


def token(user: User) -> str:
    """The signed token of a user's feed URL."""
    number = Reader.objects.filter(user=user).values_list("feed_number", flat=True).first()
    return signing.Signer(salt=SALT, sep="~").sign(f"{user.pk}.{number or 0}")


def renew(user: User) -> None:
    """Revoke every earlier feed URL."""
    reader, _ = Reader.objects.get_or_create(user=user)
    Reader.objects.filter(pk=reader.pk).update(feed_number=F("feed_number") + 1)


def reader_of(token: str) -> User | None:
    """The user of a token; None if it is forged or revoked, or the user is inactive."""
    try:
        text = signing.Signer(salt=SALT, sep="~").unsign(token)
        pk = int(text.partition(".")[0])
    except (signing.BadSignature, ValueError):
        return None
    user: User | None = get_user_model().objects.filter(pk=pk, is_active=True).first()
    if user is None:
        return None
    number = Reader.objects.filter(user=user).values_list("feed_number", flat=True).first()
    return user if text == f"{pk}.{number or 0}" else None


def etag(request: HttpRequest) -> str:
    """The ETag of the feed's current state."""
    # The sum tells selections of equal size apart: other favourites, or those of another reader.
    totals = _selected(request).aggregate(count=Count("pk"), newest=Max("pk"), sum=Sum("pk"))
    return hashlib.sha256(repr((request.get_full_path(), totals)).encode()).hexdigest()[:32]


@condition(etag_func=lambda request: f'"{etag(request)}"')
def answer(request: HttpRequest) -> HttpResponse:
    """Return the feed of its reader (`request.reader`), or 304 if it has not changed."""
    response: HttpResponse = Changes()(request)
    if Change.objects.uncompared().exists():  # they will appear below the newest
        del response["Last-Modified"]
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _selected(request: Any) -> ChangeQuerySet:
    """Return the changes that the URL selects."""
    filters = Filters.from_query(request.GET)
    starred = Favourite.objects.endpoints_of(request.reader) if filters.is_favourite else ()
    return queries.chosen(filters, filters.filter(Change.objects.worth_showing(), starred))


class Changes(Feed):  # type: ignore[type-arg]
    """The newest changes; takes the page's `?kind=`, `?category=`, `?model=` and `?favourite=1`."""

    feed_type = Atom1Feed
    title = "Vitrine: what changed"
    subtitle = "New, changed and gone models of the catalogue"
    author_name = "Vitrine"

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The request, which the filters are read from."""
        return request

    def link(self, request: HttpRequest) -> str:
        """The page with the same content."""
        return reverse("catalog:changes") + Filters.from_query(request.GET).query

    def feed_url(self, request: HttpRequest) -> str:
        """The URL of this feed."""
        return request.path + Filters.from_query(request.GET).query

    def feed_guid(self, request: HttpRequest) -> str:
        """The feed's id, the same for every reader."""
        return _urn("feed" + Filters.from_query(request.GET).query)

    def items(self, request: HttpRequest) -> list[Change]:
        """The newest entries."""
        return list(_selected(request)[:MOST_ENTRIES])

    def item_title(self, change: Any) -> SafeString:
        """`FLUX.1 [dev]: inputs or outputs changed`."""
        title = WORDS[change.kind].format(_printable(change.endpoint.name))
        return SafeString(title + _note(change))

    def item_description(self, change: Any) -> SafeString:
        """What changed, line by line."""
        lines = [
            (f"{line['field']} " if line["field"] else "", line["said"]) for line in change.lines
        ]
        model_line = category_name(change.endpoint.category) + ", " + change.endpoint.endpoint_id
        list_items = format_html_join("", "<li><b>{}</b>{}</li>", lines)
        text = format_html(
            "<p>{}</p>{}", model_line, format_html("<ul>{}</ul>", list_items) if lines else ""
        )
        return SafeString(_printable(text))

    def item_link(self, change: Any) -> str:
        """The model's page."""
        return str(change.endpoint.get_absolute_url())

    def item_guid(self, change: Any) -> str:
        """A permanent id, independent of the host."""
        return _urn(f"change {change.pk} {change.at.isoformat()}")

    def item_pubdate(self, change: Any) -> datetime:
        """When it happened."""
        at: datetime = change.at
        return at

    item_updateddate = item_pubdate

    def item_categories(self, change: Any) -> list[str]:
        """Its kind, and the model's category."""
        return [change.kind, _printable(change.endpoint.category) or "unknown"]


def _note(change: Change) -> str:
    return ", may break what you have" if change.weight == Change.Weight.BREAKING else ""


def _urn(text: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_SPACE, text)}"


def _printable(text: str) -> str:
    """Remove characters that XML does not allow."""
    return _NO_XML.sub("\ufffd", text)
