"""The page of a plan: its address fills it in, buttons change it, and its first button runs it."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.models import Collection, Endpoint
from catalog.schema_versions import version_of
from features.boards.models import Board
from features.boards.plan.editing import endpoints_of, first_post
from features.boards.plan.plan import read_plan
from runs.models import Run
from sandbox.contract import openapi
from sandbox.models import MODELS
from schemas.exact import identical
from schemas.fields.examples import example
from tests.features.boards import documents
from tests.playground.browser_post import post_of
from tests.schemas import laws

pytestmark = pytest.mark.django_db
NEW = "/compare/new/"


def address(*models: str, **more: Any) -> str:
    pairs = [("model", f"lab/{name}") for name in models] + list(more.items())
    return f"{NEW}?{urlencode(pairs)}"


def posted_by(page: str) -> dict[str, Any]:
    """Return the texts that the plan's form on a page posts."""
    start = page.rindex("<form", 0, page.index("data-board-plan"))
    return post_of(page[start : page.index("</form>", start) + len("</form>")])


def fill_plan(member: Client, url: str, **changed: Any) -> dict[str, Any]:
    """Return the post of the form at an address, with some controls changed."""
    page = member.get(url)
    assert page.status_code == 200
    post = posted_by(page.content.decode())
    return {**post, **{name.replace("_", "-"): value for name, value in changed.items()}}


def test_the_default_button_runs_the_plan(member, models):
    arguments = json.dumps({"prompt": "a cat"})
    post = fill_plan(member, address("flux", "turbo", input=arguments))
    response = member.post(NEW, post | {"~do": "run"})
    board = Board.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/compare/{board.pk}/")
    assert [run.arguments for run in Run.objects.order_by("created_at")] == [
        {"prompt": "a cat"},
        {"prompt": "a cat"},
    ]


def test_a_changed_form_after_back_makes_another_board(member, user, models):
    """The browser's Back button restores the old form with its old token."""
    first = fill_plan(member, address("flux", input=json.dumps({"prompt": "a cat"})))
    changed = first | {"shared.prompt": "a dog"}
    posts = (first, first, changed, changed)
    pages = [member.post(NEW, post | {"~do": "run"})["Location"] for post in posts]
    assert pages[0] == pages[1] != pages[2] == pages[3]
    assert Board.objects.count() == 2
    prompts = {run.arguments["prompt"] for run in Run.objects.all()}
    assert prompts == {"a cat", "a dog"}


def test_nothing_is_sent_while_an_input_is_missing(member, models):
    post = fill_plan(member, address("flux", "edit", input=json.dumps({"prompt": "a cat"})))
    response = member.post(NEW, post | {"~do": "run"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Image is missing." in page
    assert "Nothing was sent, because:" in page
    assert "Run only the 1 run that can be sent" in re.sub(r"\s+", " ", page)
    assert not Run.objects.exists()
    assert member.post(NEW, post | {"~do": "run-fitting"}).status_code == 302
    assert [run.endpoint.endpoint_id for run in Run.objects.all()] == ["lab/flux"]


def test_a_schema_change_since_the_form_is_reported(member, models, make_endpoint):
    post = fill_plan(member, address("flux", input=json.dumps({"prompt": "a cat"})))
    other = make_endpoint("lab/other", documents.EDIT)
    Endpoint.objects.filter(endpoint_id="lab/flux").update(schema=other.schema)
    response = member.post(NEW, post | {"~do": "run"})
    assert response.status_code == 422
    assert "The schema of lab/flux changed" in response.content.decode()
    assert not Run.objects.exists()


def test_models_are_added_and_removed_without_losing_what_was_typed(member, models):
    post = fill_plan(member, address("flux", input=json.dumps({"prompt": "a cat"})), seeds="1-3")
    page = member.post(NEW, post | {"~do": "add:lab/voice"}).content.decode()
    posted = posted_by(page)
    assert posted["model"] == ["lab/flux", "lab/voice"]
    assert posted["shared.prompt"] == ["a cat"]
    assert posted["seeds"] == ["1-3"]
    page = member.post(NEW, posted | {"~do": "remove:0"}).content.decode()
    posted = posted_by(page)
    assert posted["model"] == ["lab/voice"]
    assert posted["shared.text"] == ["a cat"]


def test_enter_in_the_model_box_adds_the_model_without_running(member, models):
    post = fill_plan(
        member, address("flux", input=json.dumps({"prompt": "a cat"})), add="lab/turbo"
    )
    page = member.post(NEW, post | {"~do": "run"}).content.decode()
    assert posted_by(page)["model"] == ["lab/flux", "lab/turbo"]
    assert posted_by(page)["add"] == [""]
    page = member.post(NEW, post | {"~do": "run", "add": "turbo"}).content.decode()
    assert "Models for “turbo”" in page or posted_by(page)["model"][-1] == "lab/turbo"
    assert not Run.objects.exists()


def test_a_table_can_be_uploaded_as_a_file(member, models):
    post = fill_plan(member, address("flux"))
    file = SimpleUploadedFile("rows.csv", b"prompt\na cat\na dog")
    page = member.post(NEW, post | {"~do": "update", "file": file}).content.decode()
    assert "2 runs" in page


def test_an_unreadable_input_in_an_address_is_said(member, models):
    assert "The input in this address" in member.get(address("flux", input="[1]")).content.decode()


def test_a_plan_takes_few_queries_whatever_its_size(
    member, user, models, django_assert_max_num_queries
):
    post = fill_plan(member, address("flux", "turbo"))
    post |= {"row-field": "prompt", "row-values": "\n".join(map(str, range(100))), "seeds": "1,2"}
    member.post(NEW, post | {"~do": "update"})
    with django_assert_max_num_queries(16):
        assert member.post(NEW, post | {"~do": "update"}).status_code == 200


def test_an_unfinished_plan_is_restored(member, models):
    post = fill_plan(member, address("flux", "turbo"), seeds="1-3", row_values="a cat\na dog")
    member.post(NEW, post | {"~do": "update"}, headers={"hx-request": "true"})
    page = member.get(NEW).content.decode()
    again = posted_by(page)
    assert again["model"] == ["lab/flux", "lab/turbo"]
    assert again["row-values"] == ["a cat\r\na dog"]
    assert again["seeds"] == ["1-3"]
    assert member.post(NEW, again | {"~do": "run"}).status_code == 302


def test_a_filled_in_model_form_opens_as_a_plan(member, models):
    typed = {"prompt": "a cat", "num_inference_steps": "12", "~token": "t", "~tab": "x"}
    response = member.post("/compare/of/lab/flux/", typed)
    assert response.status_code == 302
    assert posted_by(member.get(response["Location"]).content.decode())["shared.prompt"] == [
        "a cat"
    ]
    long = member.post("/compare/of/lab/flux/", {"prompt": "long " * 2000})
    assert "saved=" in long["Location"]
    assert "long long" in member.get(long["Location"]).content.decode()


def test_a_run_or_a_collection_opens_as_a_plan(member, models, make_run, stranger):
    run = make_run(endpoint=models["flux"], arguments={"prompt": "an owl"})
    assert "an owl" in member.get(address("flux", run=run.pk)).content.decode()
    theirs = make_run(endpoint=models["flux"], user=stranger, arguments={"prompt": "secret"})
    page = member.get(address("flux", run=theirs.pk)).content.decode()
    assert "secret" not in page
    assert "not shared with you" in page
    best = Collection.objects.create(slug="best", title="Best", is_published=True)
    for place, name in enumerate(("turbo", "flux")):
        best.items.create(endpoint=models[name], position=place)
    posted = posted_by(member.get(f"{NEW}?collection=best").content.decode())
    assert posted["model"] == ["lab/turbo", "lab/flux"]


def test_a_deleted_file_is_reported_before_sending(member, models, make_run):
    gone = "/uploads/00000000-0000-4000-8000-000000000000/a.png"
    arguments = {"prompt": "a", "image_url": gone}
    post = fill_plan(member, address("edit", input=json.dumps(arguments)))
    response = member.post(NEW, post | {"~do": "run"})
    assert response.status_code == 422
    assert "A file of row 1 is no longer stored here" in response.content.decode()
    run = make_run(endpoint=models["flux"], state="succeeded")
    run.artifacts.create(position=0, path="x", kind="image", url="https://v3.fal.media/a.png")
    arguments["image_url"] = f"/runs/{run.pk}/artifacts/0/"
    post = fill_plan(member, address("edit", input=json.dumps(arguments)))
    assert member.post(NEW, post | {"~do": "run"}).status_code == 302


ADDRESSES = dict.fromkeys(("files", "queue"), "https://files.test")


@cache
def _names() -> list[str]:
    return [f"sandbox-{place}/model" for place in range(len(MODELS))]


@pytest.fixture
def every_model(make_endpoint: Any, documents: dict[str, dict[str, Any]]) -> list[Endpoint]:
    """Every real document, every model of the sandbox, and a model without a schema."""
    endpoints = [make_endpoint(name, document) for name, document in documents.items()]
    for name, model in zip(_names(), MODELS, strict=True):
        endpoints.append(make_endpoint(name, openapi.document(model, ADDRESSES)))
    return [*endpoints, make_endpoint("lab/bare")]


@pytest.mark.system
@settings(max_examples=laws.cases(6))
@given(data=st.data())
def test_a_plan_form_of_any_models_round_trips(client, user, every_model, data):
    client.force_login(user)
    chosen = data.draw(st.lists(st.sampled_from(every_model), min_size=1, max_size=4))
    arguments = example(version_of(chosen[0]).root)
    pairs = [("model", model.endpoint_id) for model in chosen]
    text = json.dumps(arguments)
    response = client.get(f"{NEW}?{urlencode([*pairs, ('input', text)])}")
    assert response.status_code == 200
    posted = posted_by(response.content.decode())
    models, unknown = endpoints_of(posted["model"])
    assert ([model.pk for model in models], unknown) == ([model.pk for model in chosen], [])
    plan = read_plan(posted, models, models[0])
    wanted = read_plan(first_post(chosen, arguments), chosen, chosen[0])
    assert identical(plan.filled.shared, wanted.filled.shared)
    assert identical(plan.filled.own, wanted.filled.own)
    response = client.post(NEW, {**posted, "~do": "update"})
    assert response.status_code == 200
