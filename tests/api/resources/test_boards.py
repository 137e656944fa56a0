"""Boards by the API: for their owner, with the runs in their cells."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.profile import preferences
from features.boards.models import Board, Cell, Column, Row
from runs.models import Run
from tests.features.boards import documents
from tests.features.boards.racing import run_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(user: Any, make_endpoint: Any, make_run: Any) -> Board:
    """One input on two models, one of which could not be run."""
    flux, other = make_endpoint("fal-ai/flux/dev"), make_endpoint("fal-ai/other")
    new_board = Board.objects.create(user=user, source=flux, title="Cats", form_token="t")
    row = Row.objects.create(board=new_board, position=0, label="a cat", values={"prompt": "a cat"})
    for position, endpoint in enumerate([flux, other]):
        column = Column.objects.create(
            board=new_board, position=position, endpoint=endpoint, digest=str(position)
        )
        run = None if position else make_run(endpoint=flux, state="succeeded")
        Cell.objects.create(
            board=new_board, row=row, column=column, run=run, not_sent="" if run else "Too dear."
        )
    return new_board


def test_a_board_is_read_with_its_runs(call, board, django_assert_num_queries):
    call("GET", "/me")
    with django_assert_num_queries(5):  # token, board, columns, rows, cells
        content = call("GET", f"/boards/{board.pk}").json()
    assert [column["endpoint_id"] for column in content["columns"]] == [
        "fal-ai/flux/dev",
        "fal-ai/other",
    ]
    assert content["rows"] == [{"label": "a cat", "values": {"prompt": "a cat"}}]
    first, second = content["cells"]
    assert call("GET", f"/runs/{first['run_id']}").json()["state"] == first["state"] == "succeeded"
    assert (second["column"], second["run_id"], second["not_sent"]) == (1, None, "Too dear.")


def test_a_deleted_run_is_left_out_of_its_board(call, board):
    cell = board.cells.exclude(run=None).get()
    assert cell.run
    cell.run.deleted_at = timezone.now()
    cell.run.save()
    assert call("GET", f"/boards/{board.pk}").json()["cells"][0]["run_id"] is None


@pytest.fixture
def models(make_endpoint: Any) -> list[str]:
    """Two image models at a cent a picture, with different names for their steps; and an editor."""
    price = {"unit_price_usd": Decimal("0.01"), "price_unit": "images", "currency": "USD"}
    for name, document in (("flux", documents.FLUX), ("turbo", documents.TURBO)):
        make_endpoint(f"lab/{name}", document, **price)
    make_endpoint("lab/edit", documents.EDIT, **price)
    return ["lab/flux", "lab/turbo"]


def plan(models: list[str], **more: Any) -> dict[str, Any]:
    rows = [{"prompt": "a cat", "num_inference_steps": 12}, {"prompt": "a dog"}]
    return {"columns": [{"endpoint_id": name} for name in models], "rows": rows} | more


def test_a_board_is_created_added_to_run_again_and_stopped(call, models):
    body = plan(models, seeds=[1, 2], cap_usd=0.06, title="Cats")
    body["columns"][1]["settings"] = {"steps": 4}
    estimate = call("POST", "/boards/estimates", body).json()
    assert (estimate["runs"], estimate["held"]) == (6, 2)
    created = call("POST", "/boards", body)
    assert created.status_code == 201, created.json()
    address = created.headers["Location"].removeprefix("/api/v1")
    board = created.json()
    assert len(board["cells"]) == 8
    assert sum(cell["run_id"] is not None for cell in board["cells"]) == 6
    assert board["columns"][1]["settings"] == {"steps": 4}
    assert call("GET", f"/boards/{board['id']}").json() == board
    Board.objects.update(cap_usd=None)
    again = call("POST", f"{address}/runs", {"what": "held"}).json()
    assert again["sent"] == 2
    assert len(again["board"]["cells"]) == 8
    fox = {"rows": [{"prompt": "a fox"}], "priority": "normal"}
    more = call("POST", f"{address}/cells", fox).json()
    assert len(more["cells"]) == 12
    assert call("POST", f"{address}/cells", fox).json() == more
    assert not Run.objects.exclude(options={"disable_fallback": True}).exists()
    stopped = call("POST", f"{address}/cancellation").json()
    assert stopped["message"].startswith("12 waiting runs are cancelled")
    repeated = call("POST", f"{address}/runs", {"what": "failed"}).json()
    assert repeated["sent"] == 12


def test_an_idempotency_key_creates_adds_and_repeats_once(call, models):
    body = plan(models[:1])
    created, again = (call("POST", "/boards", body, Idempotency_Key="a") for _ in range(2))
    assert (created.status_code, again.status_code) == (201, 200)
    assert again.json() == created.json()
    assert (Board.objects.count(), Run.objects.count()) == (1, 2)
    address = created.headers["Location"].removeprefix("/api/v1")
    more = {"rows": [{"prompt": "a fox"}], "seeds": [1]}
    first, second = (call("POST", f"{address}/cells", more, Idempotency_Key="b") for _ in range(2))
    assert first.json() == second.json()
    Run.objects.update(state="failed")
    failed = {"what": "failed"}
    sent = call("POST", f"{address}/runs", failed, Idempotency_Key="c").json()
    Run.objects.update(state="failed")
    count = Run.objects.count()
    repeated = call("POST", f"{address}/runs", failed, Idempotency_Key="c").json()
    assert (repeated["message"], repeated["sent"]) == (sent["message"], sent["sent"])
    assert sent["sent"] > 0
    assert Run.objects.count() == count
    assert call("POST", f"{address}/runs", failed, Idempotency_Key="d").json()["sent"] > 0


def test_an_idempotency_key_of_another_request_is_refused(call, caller, stranger, models):
    created = call("POST", "/boards", plan(models), Idempotency_Key="a").json()
    for path, body in (
        ("/boards", plan(models, title="Other")),
        (f"/boards/{created['id']}/cells", {}),
        (f"/boards/{created['id']}/runs", {"what": "failed"}),
    ):
        refused = call("POST", path, body, Idempotency_Key="a")
        assert refused.status_code == 422
        assert refused.json()["type"] == "urn:vitrine:problem:idempotency-key-reused"
    assert Board.objects.count() == 1
    theirs = caller(stranger, "read", "run")("POST", "/boards", plan(models), Idempotency_Key="a")
    assert theirs.status_code == 201


def test_an_idempotency_key_of_a_failed_call_can_be_used_again(call, models):
    bad = call("POST", "/boards", plan(["lab/flux", "lab/edit"]), Idempotency_Key="a")
    assert (bad.status_code, Board.objects.count()) == (422, 0)
    assert call("POST", "/boards", plan(models), Idempotency_Key="a").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_concurrent_calls_with_one_key_create_one_board(call, models):
    def create() -> Any:
        return call("POST", "/boards", plan(models), Idempotency_Key="a")

    answers = run_at_once([create] * 3)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == Board.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "where"),
    [
        pytest.param({"rows": [{"nonsense": 1}]}, "/rows", id="unknown-field"),
        pytest.param(
            {"columns": [{"endpoint_id": "lab/flux"}, {"endpoint_id": "lab/edit"}]},
            "/columns/1",
            id="missing",
        ),
        pytest.param({"seeds": list(range(200))}, "/columns", id="too-many"),
        pytest.param({"cap_usd": 0}, "/cap_usd", id="no-cap"),
    ],
)
def test_a_plan_that_cannot_run_sends_nothing(call, models, change, where):
    response = call("POST", "/boards", plan(models) | change)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"#{where}"
    assert not Board.objects.exists()


def test_a_misspelt_setting_or_column_of_rows_is_refused_with_the_nearest_name(call, models):
    columns = [{"endpoint_id": models[0], "settings": {"promt": "x"}}]
    response = call("POST", "/boards", plan(models) | {"columns": columns})
    (error,) = response.json()["errors"]
    assert error["pointer"] == "#/columns/0/settings/promt"
    assert "did you mean `prompt`" in error["detail"]
    response = call("POST", "/boards", plan(models) | {"rows": [{"promt": "x"}]})
    assert "did you mean “prompt”" in response.json()["errors"][0]["detail"]
    assert not Run.objects.exists()


def test_unknown_fields_of_a_board_can_be_allowed(call, models):
    body = plan(models[:1]) | {
        "columns": [{"endpoint_id": models[0], "settings": {"newer": 1}}],
        "rows": [{"prompt": "a cat", "newest": 2}],
        "seeds": [],
        "allow_unknown": True,
    }
    created = call("POST", "/boards", body)
    assert created.status_code == 201, created.content
    run = Run.objects.get()
    assert (run.arguments["newer"], run.arguments["newest"]) == (1, 2)
    more = {"rows": [{"prompt": "a dog", "newest": 3}], "allow_unknown": True}
    added = call("POST", f"/boards/{created.json()['id']}/cells", more)
    assert added.status_code == 200, added.content
    assert {run.arguments["newest"] for run in Run.objects.all()} == {2, 3}


def test_a_board_created_by_the_api_is_private(call, models, user):
    preferences.set_shares_runs(user, True)
    address = call("POST", "/boards", plan(models)).headers["Location"].removeprefix("/api/v1")
    call("POST", f"{address}/cancellation")
    assert call("POST", f"{address}/runs", {"what": "failed"}).json()["sent"]
    assert not Run.objects.filter(is_example=True).exists()


HOSTILE = "x\0y\ud83dz"


@pytest.mark.parametrize("place", ["rows", "settings", "title"])
def test_characters_a_database_refuses_are_removed_from_texts(call, make_endpoint, place):
    fields = {"prompt": documents.PROMPT, "loras": {"type": "array", "items": {"type": "object"}}}
    make_endpoint("lab/tuner", documents.document(**fields))
    column: dict[str, Any] = {"endpoint_id": "lab/tuner"}
    body: dict[str, Any] = {"columns": [column], "rows": [{"prompt": "a"}], "title": "b"}
    if place == "rows":
        body["rows"] = [{"prompt": HOSTILE, "loras": [{HOSTILE: HOSTILE}]}]
    elif place == "settings":
        column["settings"] = {"loras": [{HOSTILE: HOSTILE}]}
    else:
        body["title"] = HOSTILE
    assert call("POST", "/boards", body).status_code == 201
    assert "xy?z" in str([*Row.objects.values(), *Column.objects.values(), *Board.objects.values()])


def test_a_board_above_its_max_cost_is_not_started(call, models):
    refused = call("POST", "/boards", plan(models, max_cost=0.03))
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:vitrine:problem:too-expensive"
    assert refused.json()["estimate"]["high"] == 0.04
    assert Board.objects.count() == Run.objects.count() == 0
    created = call("POST", "/boards?wait=1", plan(models, max_cost=0.04))
    assert created.status_code == 201, created.content
    assert created.json()["is_final"] is False
    assert created.headers["Vitrine-Wait"].endswith(created.headers["Location"])
    address = f"/boards/{created.json()['id']}"
    more = {"rows": [{"prompt": "a hen"}], "max_cost": 0.01}
    assert call("POST", f"{address}/cells", more).status_code == 409
    assert call("POST", f"{address}/cells", more | {"max_cost": 0.02}).status_code == 200
    Run.objects.update(state="succeeded")
    whole = call("GET", f"{address}?wait=60")
    assert whole.json()["is_final"] is True
    assert "Vitrine-Wait" not in whole.headers
