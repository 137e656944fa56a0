"""Each import gets documents that are deep, or hold half a surrogate pair, NUL or odd numbers.

As a file and as text; `make test` sends each document as one of them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from tests.accounts.test_access import World
from tests.edges.test_routes import browser, world
from tests.sampling import IS_EXHAUSTIVE, sample

__all__ = ["browser", "world"]
pytestmark = [pytest.mark.django_db, pytest.mark.system]
HOLE = "a hole"
STEP = {"id": "a", "endpoint": "a/b", "arguments": {"x": HOLE}}
DOCUMENTS: list[Any] = [
    HOLE,
    {"nodes": {"a": {"type": "run", "app": "a/b", "input": {"x": HOLE}, "metadata": HOLE}}},
    {"nodes": {"a": {"type": "run", "app": HOLE}}, "name": HOLE, "title": HOLE},
    {"nodes": {"a": {"type": "run", "app": "a/b", "input": {}}}, "schema": {"input": {"x": HOLE}}},
    {"a": {"id": HOLE, "type": "run", "depends": [HOLE], "app": "a/b", "input": {}}},
    {"steps": [STEP], "name": HOLE, "inputs": []},
    {"steps": [{**STEP, "id": HOLE}], "name": "x"},
    {"steps": [STEP], "inputs": [{"name": "x", "targets": [["a", HOLE]]}]},
    {"format": "vitrine-collections", "version": 1, "collections": HOLE},
    {"format": "vitrine-collections", "version": 1, "collections": [{"title": HOLE, "slug": "x"}]},
    {"format": "vitrine-collections", "version": 1, "collections": [
        {"title": "x", "slug": "x", "cover": HOLE, "items": [{"endpoint_id": HOLE}]}]},
    {"format": "vitrine-board", "version": 1, "title": HOLE, "source": HOLE, "rows": [HOLE],
     "plan": {"model": ["fal-ai/flux/dev"], "title": [HOLE]}},
    {"format": "vitrine-board", "version": 1, "plan": {"model": ["fal-ai/flux/dev"]},
     "rows": [{"values": {"x": HOLE}}]},
    {"format": "vitrine-run", "endpoint_id": "fal-ai/flux/dev", "arguments": {"prompt": HOLE}},
]  # fmt: skip
FILLINGS = [
    *('{"a":' * depth + "1" + "}" * depth for depth in (50, 90, 500)),
    *("[" * depth + "]" * depth for depth in (90, 500, 100_000)),
    *('"\\ud800"', '"\\u0000"', "1e400", "NaN", "9" * 5000, "9" * 400, "-1", '"$"', '"$a.\\ud800"'),
    *('"0001-01-01T00:00:00+14:00"', "{}", "[[]]", "null", "true"),
]
PLACES = ["/flows/import/", "/compare/import/", "/collections/import/", "/restorations/"]


@pytest.mark.parametrize("place", PLACES)
def test_no_import_ends_in_a_server_error(world: World, browser: Client, place: str) -> None:
    found = []
    for number, document in enumerate(DOCUMENTS):
        for turn, filling in enumerate(sample(FILLINGS, 7)):
            text = json.dumps(document).replace(json.dumps(HOLE), filling)
            file = SimpleUploadedFile("x.json", text.encode(), "application/json")
            posts: list[dict[str, Any]] = [{"file": file}, {"text": text, "confirm": "1"}]
            for post in posts if IS_EXHAUSTIVE else [posts[(number + turn) % 2]]:
                with transaction.atomic():
                    response = browser.post(place, post)
                    transaction.set_rollback(True)
                if response.status_code >= 500:
                    found.append(text[:200])
    assert not found, "\n".join(found)
