"""Tables and axes as users write them: every database keeps them exactly, or the row is refused."""

from typing import Any

import pytest
from django.test import Client

from catalog.models import Endpoint
from features.boards.models import Board, Column, Row
from runs.models import Artifact, Run
from tests.documents import with_case
from tests.features.boards import documents
from tests.sampling import sample
from tests.tables import each_row

pytestmark = pytest.mark.django_db
BIG = 9007199254740993
PLAN = {"model": "lab/flux", "planned": "1", "~do": "run", "~token": "one"}


@pytest.fixture
def tuner(make_endpoint: Any) -> Endpoint:
    """A model with a number, an integer without limits, and choices of every kind."""
    styles = {"enum": ["A", "a", "a,b", " wide "], "type": "string"}
    endpoint: Endpoint = make_endpoint(
        "lab/tuner",
        documents.document(
            prompt={"type": "string"},
            lr={"type": "number"},
            big={"type": "integer"},
            style=styles,
            loras={"type": "array", "items": {"type": "object"}},
        ),
    )
    return endpoint


def run_plan(member: Client, model: Endpoint, **controls: Any) -> Any:
    posted = {name.replace("_", "-"): value for name, value in controls.items()}
    return member.post("/compare/new/", {**PLAN, "model": model.endpoint_id, **posted})


def rows() -> list[Any]:
    return list(Row.objects.order_by("position").values_list("values", flat=True))


HOSTILE = "x\\u0000y\\ud83dz"


@pytest.mark.parametrize(
    "controls",
    [
        {"table": f'{{"prompt": "{HOSTILE}"}}'},
        {"table": "prompt\nx\0y\ud83dz"},
        {"row_field": "prompt", "row_values": "x\0y\ud83dz"},
        {"shared~json": f'{{"prompt": "{HOSTILE}"}}'},
        {"table": f'{{"loras": [{{"{HOSTILE}": "{HOSTILE}"}}]}}'},
        {"column_field": "loras", "column_values": f'[{{"path": "{HOSTILE}"}}]'},
    ],
)
def test_values_a_database_refuses_give_a_board_or_a_message(member, tuner, controls):
    controls = {name: text.encode("utf-8", "surrogatepass") for name, text in controls.items()}
    answer = run_plan(member, tuner, **controls)
    assert answer.status_code in {302, 422}
    if answer.status_code == 302:
        board = Board.objects.get()
        assert member.get(board.get_absolute_url()).status_code == 200
        assert member.get(f"/compare/{board.pk}/board.csv").status_code == 200


@each_row("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_every_part_of_a_plan_refuses_invalid_numbers(member, tuner, number):
    for controls in (
        {"table": f"prompt,lr\na,{number}x"},
        {"table": f'{{"lr": {number}}}'},
        {"row_field": "lr", "row_values": number},
        {"column_field": "lr", "column_values": number},
        {"shared.lr": number, "shared.prompt": "a"},
    ):
        answer = run_plan(member, tuner, **controls)
        assert answer.status_code == 422
    assert not Board.objects.exists()


def test_large_integers_and_choices_are_stored_exactly(member, tuner):
    answer = run_plan(
        member,
        tuner,
        row_field="big",
        row_values=f"{BIG}-{BIG + 2}",
        column_field="style",
        column_values='a, A, "a,b"\n wide ',
    )
    assert answer.status_code == 302
    assert rows() == [{"big": BIG}, {"big": BIG + 1}, {"big": BIG + 2}]
    settings = Column.objects.order_by("position").values_list("settings", flat=True)
    assert list(settings) == [{"style": style} for style in ("a", "A", "a,b", " wide ")]
    sent = [run.arguments for run in Run.objects.all()]
    assert {"big": BIG, "style": " wide "} in sent


EDIT = {"model": "lab/edit", "planned": "1", "~do": "run", "~token": "one"}
OTHER = "https://example.com/a.png"


@pytest.fixture
def result(make_run: Any, settings: Any) -> Artifact:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "vitrine.example"]
    run = make_run(state="succeeded")
    return Artifact.objects.create(
        run=run, position=0, path="a", kind="image", url="https://v3.fal.media/a", state="stored"
    )


def test_a_table_with_our_file_address_sends_the_file(member, models, result):
    own = f"prompt,image_url\nx,http://127.0.0.1:8400/runs/<run>/artifacts/0/\ny, {OTHER} \n"
    for case in with_case("48-own-address.csv", own.encode()):
        table = case.decode().replace("<run>", str(result.run_id))
        assert member.post("/compare/new/", {**EDIT, "table": table}).status_code == 302
        last = Board.objects.latest("created_at").rows.order_by("position")
        assert [row.values["image_url"] for row in last] == [result.get_absolute_url(), OTHER]
        sent = {run.arguments["image_url"] for run in Run.objects.exclude(pk=result.run_id)}
        assert sent == {result.get_absolute_url(), OTHER}


@pytest.mark.parametrize("origin", sample(["https://vitrine.example", "", "http://localhost:9"], 1))
@pytest.mark.parametrize("way", ["axis", "column", "json", "shared"])
def test_every_part_of_a_plan_recognises_our_files(member, models, result, origin, way):
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
