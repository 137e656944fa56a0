"""References in runs: what a model gets, what the page says, and what the run records."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.library.models import ReferenceRun
from features.library.references import saving
from runs.models import Run, Upload
from runs.start import starting
from runs.start.starting import Source, StartRequest
from tests.features.boards import documents
from tests.features.library.references.conftest import MakeReference
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
HTMX = {"hx-request": "true"}


@pytest.fixture(autouse=True)
def models(make_endpoint: Any) -> dict[str, Any]:
    of_models = {FLUX: documents.FLUX, EDIT: documents.EDIT, MANY: MANY_PICTURES}
    return {name: make_endpoint(name, document) for name, document in of_models.items()}


def press(client: Client, model: str, **post: Any) -> Any:
    typed = {name.replace("__", "."): value for name, value in post.items()}
    return client.post(f"/models/{model}/", {"~token": "t"} | typed)


def read_page(client: Client, address: str) -> str:
    return html.unescape(client.get(address).content.decode())


def test_a_mention_fills_a_required_field_and_is_recorded(
    member: Client, make_reference: MakeReference
) -> None:
    bottle = make_reference("bottle", 3)
    assert press(member, MANY, prompt="@Bottle on ice").status_code == 302
    run = Run.objects.get()
    assert run.arguments == {
        "prompt": "an amber bottle on ice",
        "image_urls": bottle.pictures[:2],
    }
    assert run.title == "@Bottle on ice"
    use = ReferenceRun.objects.get()
    assert (use.reference, use.run, use.version, use.is_whole) == (bottle, run, 1, False)
    page = read_page(member, run.get_absolute_url())
    assert "Reference" in page
    assert "version 1, 2 of 3 pictures, this model takes 2" in page
    assert f"/runs/{run.pk}/" in read_page(member, bottle.get_absolute_url())
    # The form keeps the reference's name.
    assert "@Bottle on ice" in read_page(member, f"/models/{MANY}/")


def test_the_form_says_beside_run_what_is_left_out(
    member: Client, make_reference: MakeReference
) -> None:
    make_reference("bottle", 3)
    draft = member.post(f"/drafts/{MANY}/", {"prompt": "@bottle", "~tab": "a"}).json()
    assert draft["cost"]["named"] == ["@bottle: 2 of 3 pictures, this model takes 2"]
    page = read_page(member, f"/models/{MANY}/?input=" + '{"prompt": "see @bottle"}')
    assert '<li dir="auto">@bottle: 2 of 3 pictures, this model takes 2</li>' in page
    assert "@bottle:" not in read_page(
        member, f"/models/{MANY}/?input=" + '{"prompt": "a@bottle.com"}'
    )


def test_a_field_for_pictures_holds_the_reference(
    member: Client, make_reference: MakeReference
) -> None:
    bottle = make_reference("bottle", 3)
    press(member, EDIT, prompt="blue", image_url="@bottle")
    assert Run.objects.get().arguments == {"prompt": "blue", "image_url": bottle.cover}
    answer = press(member, EDIT, prompt="blue", image_url="@botle")
    assert answer.status_code == 422
    assert "There is no reference “@botle” in this project." in html.unescape(
        answer.content.decode()
    )


def test_a_reference_whose_picture_is_gone_gives_the_rest_and_says_so(
    member: Client, make_reference: MakeReference
) -> None:
    bottle = make_reference("bottle", 2)
    Upload.objects.filter(pk=bottle.cover.split("/")[2]).delete()
    press(member, MANY, prompt="@bottle")
    assert Run.objects.get().arguments["image_urls"] == bottle.pictures[1:]
    assert ReferenceRun.objects.get().words == "@bottle: 1 picture; 1 picture is gone"
    assert "1 picture cannot be read any more" in read_page(member, bottle.get_absolute_url())


def test_the_version_that_a_run_got_is_recorded(
    member: Client, user: User, make_reference: MakeReference
) -> None:
    bottle = make_reference("bottle", 2)
    press(member, MANY, prompt="@bottle")
    # a run has used this version, so the change makes a new one
    saving.set_pictures(bottle, bottle.pictures[:1], user)
    press(member, MANY, prompt="@bottle", **{"~token": "u"})
    assert sorted(ReferenceRun.objects.values_list("version", flat=True)) == [1, 2]


def test_names_of_others_mean_nothing(
    member: Client, user: User, stranger: User, make_reference: MakeReference
) -> None:
    make_reference("bottle", 1, user=stranger)
    press(member, FLUX, prompt="@bottle, me@bottle.com and @2x")
    assert Run.objects.get().arguments["prompt"] == "@bottle, me@bottle.com and @2x"
    assert not ReferenceRun.objects.exists()


def test_the_projects_reference_comes_before_ones_own_of_that_name(
    user: User, make_reference: MakeReference
) -> None:
    project = make_project("Acme", ana="manager", mia="maker")
    shared = make_reference("bottle", 1, project=project)
    own = make_reference("bottle", 2, user=person("mia"))
    client = working_in(project, person("mia"))
    press(client, EDIT, prompt="@bottle")
    press(client, EDIT, prompt="@me/bottle")
    sent = [run.arguments["image_url"] for run in Run.objects.order_by("created_at")]
    assert sent == [shared.cover, own.cover]
    assert (
        "Reference"
        not in read_page(
            logged_in(user), Run.objects.latest("created_at").get_absolute_url()
        ).split("</header>", 2)[1]
    )


def test_what_a_flow_starts_is_resolved_at_the_door_and_a_rerun_is_not(
    user: User, models: dict[str, Any], make_reference: MakeReference
) -> None:
    make_reference("bottle", 1)

    def started(source: Source) -> Run:
        arguments = {"prompt": "@bottle"}
        request = StartRequest(
            user=user, endpoint=models[FLUX], arguments=arguments, source=source, key=source
        )
        return starting.start(request).run

    prompts = {source: started(source).arguments["prompt"] for source in Source}
    described = {source for source, prompt in prompts.items() if prompt == "an amber bottle"}
    assert described == {Source.FLOW}
    assert ReferenceRun.objects.count() == 1


def test_the_way_without_script_leads_back_to_the_filled_form(
    member: Client, make_reference: MakeReference
) -> None:
    bottle = make_reference("bottle", 1)
    posted = {"prompt": "on ice,", "~field": "image_url"}
    answer = member.post(f"/forms/references/{EDIT}/", posted)
    listed = read_page(member, answer.headers["location"])
    address = f"/models/{EDIT}/?reference={bottle.pk}%2Fimage_url&project=private"
    assert html.unescape(listed).count(address) == 1
    page = read_page(member, address)
    assert 'value="@bottle"' in page
    assert "on ice," in page
    in_prompt = read_page(member, f"/models/{EDIT}/?reference={bottle.pk}")
    assert "on ice, @bottle" in in_prompt


def test_seeds_of_variations_share_one_reference(
    member: Client, make_reference: MakeReference
) -> None:
    make_reference("bottle", 1)
    member.post(
        f"/models/{FLUX}/", {"prompt": "@bottle", "~token": "t", "~variations": "4"}, headers=HTMX
    )
    assert ReferenceRun.objects.count() == Run.objects.count() == 4
