"""Our own addresses in tables and on axes, as an exported board has them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from boards.models import Board, Column, Row
from catalog.models import Endpoint
from runs.models import Artifact, Run
from tests.conftest import CASES

pytestmark = pytest.mark.django_db
EDIT = {"model": "lab/edit", "planned": "1", "~do": "run", "~token": "one"}
OTHER = "https://example.com/a.png"


@pytest.fixture
def result(make_run: Any, settings: Any) -> Artifact:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "vitrine.example"]
    run = make_run(state="succeeded")
    return Artifact.objects.create(
        run=run, position=0, path="a", kind="image", url="https://v3.fal.media/a", state="stored"
    )


def test_a_table_with_our_file_address_sends_the_file(
    member: Client, models: dict[str, Endpoint], result: Artifact
) -> None:
    table = (CASES / "48-own-address.csv").read_text().replace("<run>", str(result.run_id))
    assert member.post("/compare/new/", {**EDIT, "table": table}).status_code == 302
    addresses = [row.values["image_url"] for row in Row.objects.order_by("position")]
    assert addresses == [result.get_absolute_url(), OTHER]
    sent = {run.arguments["image_url"] for run in Run.objects.exclude(pk=result.run_id)}
    assert sent == {result.get_absolute_url(), OTHER}


@pytest.mark.parametrize("origin", ["", "http://localhost:9", "https://vitrine.example"])
@pytest.mark.parametrize("way", ["axis", "column", "json", "shared"])
def test_every_part_of_a_plan_recognises_our_files(
    member: Client, models: dict[str, Endpoint], result: Artifact, origin: str, way: str
) -> None:
    address = f" {origin}{result.get_absolute_url()} "
    post = {
        "axis": {"row-field": "image_url", "row-values": address, "shared.prompt": "x"},
        "column": {"column-field": "image_url", "column-values": address, "shared.prompt": "x"},
        "json": {"table": f'[{{"prompt": "x", "image_url": "{address}"}}]'},
        "shared": {"shared.prompt": "x", "shared.image_url": address},
    }[way]
    assert member.post("/compare/new/", {**EDIT, **post}).status_code == 302
    run = Run.objects.exclude(pk=result.run_id).get()
    assert run.arguments["image_url"] == result.get_absolute_url()
    stored = [*Row.objects.values_list("values"), *Column.objects.values_list("settings")]
    assert f"'{result.get_absolute_url()}'" in str(stored)


def test_a_deleted_file_is_named_before_sending(
    member: Client, models: dict[str, Endpoint], result: Artifact
) -> None:
    result.delete()
    table = f"prompt,image_url\nx,http://localhost{result.get_absolute_url()}"
    answer = member.post("/compare/new/", {**EDIT, "table": table})
    assert "A file of row 1 is no longer stored here" in answer.content.decode()
    assert not Board.objects.exists()
