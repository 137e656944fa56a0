"""A minimal Django view with 24 cards, uncached.

The reference for the processor time of a view, on the same server as the product. It has no
session, user or middleware: one query, one template. BARE_DATABASE names the floor's database.
`python -m uvicorn tests.bench.pages.bare_view:application` starts it.
"""

import os
from pathlib import Path

import django
from a2wsgi import WSGIMiddleware
from django.conf import settings

CARDS = 24
DATABASE = {"ENGINE": "django.db.backends.sqlite3", "CONN_MAX_AGE": None}
settings.configure(
    SECRET_KEY="bare",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": DATABASE | {"NAME": os.environ["BARE_DATABASE"]}},
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.urls import path  # noqa: E402

PAGE = Engine().from_string(Path(__file__).with_suffix(".html").read_text())


class Card(models.Model):
    """The columns that a card shows."""

    id = models.TextField(primary_key=True)
    name = models.TextField()
    owner = models.TextField()
    category = models.TextField()
    description = models.TextField()
    thumbnail = models.TextField()

    class Meta:
        app_label = "bare"
        managed = False
        db_table = "endpoint"

    def __str__(self) -> str:
        return self.name


def cards(request: HttpRequest) -> HttpResponse:
    """Render the first cards."""
    listed = Card._default_manager.order_by("pk")[:CARDS]
    return HttpResponse(PAGE.render(Context({"cards": listed})))


urlpatterns = [path("", cards)]
application = WSGIMiddleware(get_wsgi_application(), workers=8)  # type: ignore[arg-type]
