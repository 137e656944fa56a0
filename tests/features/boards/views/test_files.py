"""Downloads of a board as files and presets, and imports of them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from features.boards.models import Board
from features.boards.views.files import file_name
from playground.form import presets
from runs.models import Preset
from tests.conftest import grant
from tests.features.boards.judging import Judged

pytestmark = pytest.mark.django_db


def test_downloads_of_a_board_are_named_by_title_and_day(make_judged_board: Judged) -> None:
    board = make_judged_board()
    board.title = "Füchse & Mühlen"
    board.created_at = datetime(2026, 11, 26, tzinfo=UTC)
    assert file_name(board) == "Füchse-Mühlen-2026-11-26"
    board.title = ""
    assert file_name(board) == "board-2026-11-26"


def test_the_table_and_the_json_document_are_downloads(
    member: Client, make_judged_board: Judged
) -> None:
    board = make_judged_board()
    table = member.get(f"{board.get_absolute_url()}board.csv")
    assert table["Content-Disposition"] == f'attachment; filename="{file_name(board)}.csv"'
    assert "http://testserver/runs/" in table.content.decode()
    document = json.loads(member.get(f"{board.get_absolute_url()}board.json").content)
    assert len(document["cells"]) == 4
    assert document["cells"][0]["arguments"] == {"prompt": "a cat"}


def test_an_exported_board_can_be_imported_by_somebody_else(
    client: Client, make_judged_board: Judged, user: User, stranger: User
) -> None:
    client.force_login(user)
    content = client.get(f"{make_judged_board().get_absolute_url()}board.json").content
    client.force_login(stranger)
    file = SimpleUploadedFile("board.json", content)
    page = client.post("/compare/import/", {"file": file}, follow=True).content.decode()
    assert "Nothing has run yet" in page
    imported = Board.objects.get(user=stranger)
    assert not imported.cells.exists()
    assert client.get(imported.get_absolute_url()).status_code == 200
    client.post(f"{imported.get_absolute_url()}plan/", {**imported.plan, "~do": "run"})
    assert imported.cells.count() == 4


def test_an_invalid_board_file_is_reported_beside_the_form(member: Client) -> None:
    for posted in ({}, {"file": SimpleUploadedFile("x.json", b"[]")}):
        response = member.post("/compare/import/", posted)
        assert response.status_code == 422
        assert "Choose" in response.content.decode()


def test_the_contact_sheet_is_a_page(member: Client, make_judged_board: Judged) -> None:
    sheet = f"{make_judged_board().get_absolute_url()}sheet"
    page = member.get(f"{sheet}/").content.decode()
    assert page.count('class="sheet-cell"') == 4


def test_a_columns_settings_become_a_preset_without_the_input(
    member: Client, make_judged_board: Judged
) -> None:
    board = make_judged_board("flux", "turbo", seeds="3", **{"m0.num_inference_steps": "9"})
    address = f"{board.get_absolute_url()}columns/0/preset/"
    response = member.post(address)
    preset = Preset.objects.get()
    assert preset.endpoint.endpoint_id == "lab/flux"
    assert set(preset.arguments) <= {"num_inference_steps"}
    assert not preset.is_shared
    assert response["Location"].endswith(f"/{preset.pk}/")
    member.post(address)
    assert sorted(Preset.objects.values_list("name", flat=True)) == [
        "Cats · flux",
        "Cats · flux (2)",
    ]


def test_a_preset_can_be_compared_on_a_board(
    member: Client, make_judged_board: Judged, user: User
) -> None:
    preset = presets.create(
        user, make_judged_board().columns.all()[0].endpoint, "Slow", {"num_inference_steps": 41}
    )
    page = member.get(f"/presets/of/{preset.endpoint.endpoint_id}/").content.decode()
    address = next(link for link in re.findall(r'href="([^"]+)"', page) if "/compare/new/" in link)
    plan = member.get(address.replace("&amp;", "&")).content.decode()
    assert 'value="41"' in plan
    assert 'value="lab/flux"' in plan


def test_only_the_permission_lets_a_winner_become_the_house_default(
    member: Client, make_judged_board: Judged, user: User
) -> None:
    board = make_judged_board()
    address = f"{board.get_absolute_url()}columns/1/house-default/"
    assert member.post(address).status_code == 403
    assert address not in member.get(f"{board.get_absolute_url()}results/").content.decode()
    grant(user, "playground.set_house_default")
    page = member.post(address, follow=True).content.decode()
    assert "now fills new forms of turbo for everybody" in re.sub(r"\s+", " ", page)
    preset = Preset.objects.get()
    assert (preset.is_house_default, preset.is_shared) == (True, True)
    assert preset.endpoint.endpoint_id == "lab/turbo"


def test_exports_take_as_many_queries_for_a_large_board(
    member: Client, make_judged_board: Judged, django_assert_max_num_queries: Any
) -> None:
    board = make_judged_board(prompts="\n".join(map(str, range(12))))
    for part in ("board.csv", "board.json", "sheet/"):
        with django_assert_max_num_queries(18):
            member.get(f"{board.get_absolute_url()}{part}")
