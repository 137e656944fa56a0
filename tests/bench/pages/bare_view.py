"""A minimal Django view with 24 cards, uncached.

The reference for the processor time of a view, on the same server as the product. It has no
session, user or middleware: one query, one template. BARE_DATABASE names the database file.
`python -m uvicorn tests.bench.pages.bare_view:application` starts it.
"""

import os

import django
from a2wsgi import WSGIMiddleware
from django.conf import settings

CARDS = 24
TEMPLATE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Models</title>
</head><body><main class="cards">
{% for card in cards %}<article class="card" data-endpoint-id="{{ card.endpoint_id }}">
{% if card.thumbnail %}<img src="{{ card.thumbnail }}" alt="" loading="lazy">{% endif %}
<h3><a href="/models/{{ card.endpoint_id }}/">{{ card.name }}</a></h3>
<p>{{ card.owner }}</p>
<p>{{ card.description|truncatechars:64 }}</p>
<footer><span>{{ card.category }}</span>
<data value="{{ card.price }}">${{ card.price }} <small>/ {{ card.unit }}</small></data></footer>
</article>{% endfor %}
</main></body></html>"""

settings.configure(
    SECRET_KEY="bare",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BARE_DATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.urls import path  # noqa: E402

PAGE = Engine().from_string(TEMPLATE)


class Card(models.Model):
    """The columns that a card shows."""

    endpoint_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    owner = models.CharField(max_length=128)
    category = models.CharField(max_length=64)
    description = models.TextField()
    thumbnail = models.TextField()
    price = models.DecimalField(max_digits=14, decimal_places=8)
    unit = models.CharField(max_length=64)

    class Meta:
        app_label = "bare"

    def __str__(self) -> str:
        return self.name


def cards(request: HttpRequest) -> HttpResponse:
    """Render the first cards."""
    listed = Card._default_manager.order_by("pk")[:CARDS]
    return HttpResponse(PAGE.render(Context({"cards": listed})))


def fill() -> None:
    """Insert the endpoints."""
    with connection.schema_editor() as editor:
        editor.create_model(Card)
    Card._default_manager.bulk_create(
        Card(
            endpoint_id=f"fal-ai/zenvel/v{number}/text-to-image",
            name=f"Zenvel V{number} Pro",
            owner="fal-ai",
            category="text-to-image",
            description="Generate cinematic images from your prompts with consistent lighting. "
            * 2,
            thumbnail=f"https://upstream.example/files/{number:06}.jpg",
            price="0.0400",
            unit="images",
        )
        for number in range(2 * CARDS)
    )


urlpatterns = [path("", cards)]
if Card._meta.db_table not in connection.introspection.table_names():
    fill()
application = WSGIMiddleware(get_wsgi_application(), workers=8)  # type: ignore[arg-type]
