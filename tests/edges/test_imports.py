"""Each import gets documents that are deep, or contain lone surrogates, NUL or odd numbers.

As a file and as text; `make test` sends some of each document.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from tests.edges.test_routes import browser, world
from tests.sampling import one_of_each

__all__ = ["browser", "world"]
pytestmark = [pytest.mark.django_db, pytest.mark.system]
HOLE = "a hole"
DOCUMENTS: list[Any] = [
    HOLE,
    {"format": "vitrine-collections", "version": 1, "collections": HOLE},
    {"format": "vitrine-collections", "version": 1, "collections": [{"title": HOLE, "slug": "x"}]},
    {"format": "vitrine-collections", "version": 1, "collections": [
        {"title": "x", "slug": "x", "cover": HOLE, "items": [{"endpoint_id": HOLE}]}]},
    {"format": "vitrine-run", "endpoint_id": "fal-ai/flux/dev", "arguments": {"prompt": HOLE}},
]  # fmt: skip
FILLINGS = [
    *('{"a":' * depth + "1" + "}" * depth for depth in (50, 90, 500)),
    *("[" * depth + "]" * depth for depth in (90, 500, 100_000)),
    *('"\\ud800"', '"\\u0000"', "1e400", "NaN", "9" * 5000, "9" * 400, "-1", '"$"', '"$a.\\ud800"'),
    *('"0001-01-01T00:00:00+14:00"', "{}", "[[]]", "null", "true"),
]
PLACES = ["/collections/import/", "/restorations/"]


def posts(place: str, document: Any) -> Iterator[dict[str, Any]]:
    """Yield posts for an import: in `make test`, three fillings, each as a file or as text."""
    every = enumerate((filling, as_file) for filling in FILLINGS for as_file in (True, False))
    chosen = one_of_each(every, lambda numbered: numbered[0] % 3, (place, str(document)))
    for _, (filling, as_file) in chosen:
        text = json.dumps(document).replace(json.dumps(HOLE), filling)
        file = SimpleUploadedFile("x.json", text.encode(), "application/json")
        yield {"file": file} if as_file else {"text": text, "confirm": "1"}


def test_no_import_ends_in_a_server_error(world, browser):
    broken = []
    for place in PLACES:
        for document in DOCUMENTS:
            for post in posts(place, document):
                with transaction.atomic():
                    response = browser.post(place, post)
                    transaction.set_rollback(True)
                if response.status_code >= 500:
                    broken.append((place, str(post)[:200]))
    assert not broken, "\n".join(map(str, broken))
