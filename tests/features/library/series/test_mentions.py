"""Names in prompts: what a model gets, what the page says, who may use them."""

import html
from typing import Any

import pytest
from django.test import Client

from features.boards.models import Board
from features.boards.plan.groups import groups_of
from features.boards.plan.rows import with_named_rows
from features.library.models import SeriesItem
from runs.models import Artifact, Run
from runs.start import starting
from runs.start.starting import Source, StartRequest
from tests.features.boards import documents
from tests.features.library.series.conftest import pictures_of
from tests.features.pages import read_text
from tests.projects.people import logged_in, make_project, person, working_in

pytestmark = pytest.mark.django_db
FLUX, EDIT, MANY = "lab/flux", "lab/edit", "lab/many"
PICTURES = {
    "type": "array",
    "items": {"type": "string", "ui": {"field": "image"}},
    "maxItems": 2,
}
MANY_PICTURES = documents.document(
    "prompt", "image_urls", prompt=documents.PROMPT, image_urls=PICTURES, seed=documents.SEED
)


@pytest.fixture(autouse=True)
def models(make_endpoint: Any) -> dict[str, Any]:
    of_models = {FLUX: documents.FLUX, EDIT: documents.EDIT, MANY: MANY_PICTURES}
    return {name: make_endpoint(name, document) for name, document in of_models.items()}


def press(client: Client, model: str, **post: Any) -> Any:
    return client.post(f"/models/{model}/", {"~token": "t"} | post)


def test_a_mention_fills_a_required_field_with_uploads_and_results(member, make_series, make_run):
    bottle = make_series("bottle", 1)
    made = make_run(state="succeeded")
    Artifact.objects.create(
        run=made, position=0, path="x", kind="image", state="stored", url="https://x.test/a"
    )
    SeriesItem.objects.create(series=bottle, run=made, place=5)
    assert press(member, MANY, prompt="@Bottle on ice").status_code == 302
    run = Run.objects.exclude(pk=made.pk).get()
    assert run.arguments == {
        "prompt": "an amber bottle on ice",
        "image_urls": [*pictures_of(bottle), f"/runs/{made.pk}/artifacts/0/"],
    }
    assert run.title == "@Bottle on ice"
    # The form keeps the name.
    assert "@Bottle on ice" in read_text(member, f"/models/{MANY}/")


def test_the_form_says_beside_run_what_is_left_out(member, make_series):
    make_series("bottle", 3)
    draft = member.post(f"/drafts/{MANY}/", {"prompt": "@bottle", "~tab": "a"}).json()
    assert draft["cost"]["named"] == ["@bottle: 2 of 3 pictures, this model takes 2"]


def test_a_field_for_pictures_holds_the_name(member, make_series):
    bottle = make_series("bottle", 3)
    press(member, EDIT, prompt="blue", image_url="@bottle")
    assert Run.objects.get().arguments == {"prompt": "blue", "image_url": pictures_of(bottle)[0]}
    answer = press(member, EDIT, prompt="blue", image_url="@botle")
    assert answer.status_code == 422
    assert "There is no “@botle” in this project." in html.unescape(answer.content.decode())


def test_the_first_weights_of_a_series_are_its_lora(member, make_series, make_endpoint, make_run):
    lora = {"type": "string", "ui": {"field": "file"}, "description": "URL of the LoRA weights"}
    make_endpoint("lab/lora", documents.document("prompt", prompt=documents.PROMPT, lora_url=lora))
    bottle, trained = make_series("bottle", 0), make_run(state="succeeded")
    Artifact.objects.create(
        run=trained, position=0, path="x", kind="file", file_name="b.safetensors", state="stored"
    )
    SeriesItem.objects.create(series=bottle, run=trained, place=0)
    press(member, "lab/lora", prompt="@bottle")
    run = Run.objects.exclude(pk=trained.pk).get()
    assert run.arguments["lora_url"] == f"/runs/{trained.pk}/artifacts/0/"


def test_names_of_others_mean_nothing(member, stranger, make_series):
    make_series("bottle", 1, user=stranger)
    press(member, FLUX, prompt="@bottle, me@bottle.com and @2x")
    assert Run.objects.get().arguments["prompt"] == "@bottle, me@bottle.com and @2x"


def test_the_projects_series_comes_before_ones_own_of_that_name(user, make_series):
    project = make_project("Acme", ana="manager", mia="maker")
    shared = make_series("bottle", 1, project=project)
    own = make_series("bottle", 2, user=person("mia"))
    make_series("secret", 1, project=project, is_hidden=True)
    client = working_in(project, person("mia"))
    press(client, EDIT, prompt="@bottle")
    press(client, EDIT, prompt="@me/bottle")
    sent = [run.arguments["image_url"] for run in Run.objects.order_by("created_at")]
    assert sent == [pictures_of(shared)[0], pictures_of(own)[0]]
    offered = read_text(client, "/series/mentioned/", q="bott")
    assert offered.index('data-mention="@bottle"') < offered.index('data-mention="@me/bottle"')
    assert "secret" not in read_text(client, "/series/mentioned/")
    cover = client.get("/series/mentioned/cover/", {"name": "@me/bottle"})
    assert cover.headers["location"] == pictures_of(own)[0]


def test_what_a_flow_starts_is_resolved_at_the_door_and_a_rerun_is_not(user, models, make_series):
    make_series("bottle", 1)

    def started(source: Source) -> Run:
        arguments = {"prompt": "@bottle"}
        request = StartRequest(
            user=user, endpoint=models[FLUX], arguments=arguments, source=source, key=source
        )
        return starting.start(request).run

    prompts = {source: started(source).arguments["prompt"] for source in Source}
    assert {source for source, prompt in prompts.items() if prompt == "an amber bottle"} == {
        Source.FLOW
    }


def test_the_way_without_script_leads_back_to_the_filled_form(member, make_series):
    bottle, unnamed = make_series("bottle", 1), make_series("others", 1, mention="")
    posted = {"prompt": "on ice,", "~field": "image_url"}
    answer = member.post(f"/forms/series/{EDIT}/", posted)
    listed = read_text(member, answer.headers["location"])
    address = f"/models/{EDIT}/?series={bottle.pk}%2Fimage_url&project=private"
    assert listed.count(address) == 1
    assert str(unnamed.pk) not in listed
    page = read_text(member, address)
    assert 'value="@bottle"' in page
    assert "on ice," in page
    assert "on ice, @bottle" in read_text(member, f"/models/{EDIT}/?series={bottle.pk}")


def post_plan(client: Client, do: str, **post: Any) -> Any:
    typed = {"model": [FLUX, EDIT, MANY], "planned": "1", "~token": "t", "~do": do}
    return client.post("/compare/new/", typed | post)


def test_each_model_of_a_board_gets_what_it_takes_of_each_row(member, make_series):
    bottle, mug = make_series("bottle", 3), make_series("mug", 1, words="a blue mug")
    rows = {"row-field": "prompt", "row-values": "@bottle on ice\n@mug on ice"}
    page = html.unescape(post_plan(member, "update", **rows).content.decode())
    assert "@bottle: 2 of 3 pictures, this model takes 2" in page
    assert post_plan(member, "run", **rows).status_code == 302
    cells = Board.objects.get().cells.select_related("run", "row", "column__endpoint")
    sent = {
        (cell.row.position, cell.column.endpoint.endpoint_id): cell.run.arguments
        for cell in cells
        if cell.run
    }
    of_bottle, of_mug = pictures_of(bottle), pictures_of(mug)
    assert sent == {
        (0, FLUX): {"prompt": "an amber bottle on ice"},
        (0, EDIT): {"prompt": "an amber bottle on ice", "image_url": of_bottle[0]},
        (0, MANY): {"prompt": "an amber bottle on ice", "image_urls": of_bottle[:2]},
        (1, FLUX): {"prompt": "a blue mug on ice"},
        (1, EDIT): {"prompt": "a blue mug on ice", "image_url": of_mug[0]},
        (1, MANY): {"prompt": "a blue mug on ice", "image_urls": of_mug},
    }


def test_rows_are_in_the_field_that_varies(models):
    groups = groups_of(models[EDIT], [models[EDIT]])
    names = ["@bottle", "@mug", "no name"]
    post = {"row-field": ["image_url"], "row-values": ["/uploads/a"], "shared.prompt": ["blue"]}
    assert with_named_rows(post, groups, names)["row-values"] == ["/uploads/a\n@bottle\n@mug"]
    post = {"row-field": ["prompt"], "shared.prompt": ["blue\nbig"]}
    assert with_named_rows(post, groups, names)["row-values"] == [
        "blue\nbig @bottle\n---\nblue\nbig @mug"
    ]
    assert with_named_rows({}, groups, ["@mug"])["row-values"] == ["@mug"]


def test_a_name_is_given_taken_and_moved_with_its_pictures(member, make_series):
    bottle, mug = make_series("bottle", 1), make_series("mug", 1)
    form = {"name": "Mugs", "mention": "BOTTLE"}
    answer = member.post(f"/series/{mug.pk}/form/", form)
    assert answer.status_code == 422
    assert "There is an @BOTTLE here already." in html.unescape(answer.content.decode())
    bottle.delete_by(bottle.user)
    assert member.post(f"/series/{mug.pk}/form/", form).status_code == 302
    answer = member.post(f"/undo/series/{bottle.pk}/", follow=True)
    assert "There is an @bottle here already." in html.unescape(answer.content.decode())
    project = make_project("Acme", ana="manager", mia="maker")
    assert member.post("/moves/", {"series": str(mug.pk), "target": "acme"}).status_code == 302
    mug.refresh_from_db()
    assert mug.project == project
    assert logged_in(person("mia")).get(pictures_of(mug)[0]).getvalue()
