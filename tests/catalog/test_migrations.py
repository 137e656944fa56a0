"""Migrations of the catalogue that move data, with rows in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone


def migrate(name: str) -> Any:
    """The models as they are at a migration of the catalogue."""
    executor = MigrationExecutor(connection)
    executor.migrate([("catalog", name)])
    return executor.loader.project_state([("catalog", name)]).apps


@pytest.fixture
def before(transactional_db: None) -> Iterator[Any]:
    yield migrate("0007_pictures_of_two_addresses")
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_what_curators_know_of_a_collection_they_know_of_its_models(before: Any) -> None:
    then = timezone.now() - timedelta(days=9)
    endpoint = before.get_model("catalog", "Endpoint").objects.create(endpoint_id="a/b")
    for n in range(2):
        made = before.get_model("catalog", "Collection").objects.create(slug=f"c{n}", title="C")
        made.endpoints.add(endpoint)
    before.get_model("catalog", "Collection").objects.filter(slug="c0").update(updated_at=then)
    items = migrate("0008_changes_known_for_each_model").get_model("catalog", "CollectionItem")
    known = dict(items.objects.values_list("collection__slug", "looked_at"))
    assert known["c0"] == then
    assert known["c1"] > then + timedelta(days=8)
