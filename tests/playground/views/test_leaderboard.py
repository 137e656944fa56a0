"""The leaderboard: a block for each operation, with the pictures that the reader may see."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.filters.operations import OPERATIONS
from catalog.model_records import ModelRecord
from catalog.models import Endpoint, Mark, Picture
from playground.display.leaderboard import Block, Entry
from projects.models import Rule
from projects.models.project import private_project
from runs.models import Run
from runs.records import counting
from runs.results import stars
from tests.features.library.selected import with_files
from tests.projects.people import make_project, person, working_in
from tests.runs.records.worth import count_all, make_judged

pytestmark = pytest.mark.django_db
Make = Callable[..., Endpoint]


@pytest.fixture
def make_model(make_endpoint: Make) -> Make:
    """`make_model("paint", category=…)` → a model of the lab; a run costs a dollar."""

    def make(name: str, **values: Any) -> Endpoint:
        price = {"unit_price_usd": Decimal("0.5"), "price_unit": "images", "currency": "USD"}
        return make_endpoint(f"lab/{name}", **(price | values))

    return make


def blocks_of(client: Client, address: str = "/leaderboard/") -> dict[str, list[str]]:
    """Return the models of each block, by its heading."""
    page = client.get(address).content.decode()
    sections = page.split("<section aria-labelledby")[1:]
    heads = [re.sub(r".*<h2[^>]*>(.*?)</h2>.*", r"\1", part, flags=re.S) for part in sections]
    models = [re.findall(r'data-endpoint-id="lab/([\w-]+)"', part) for part in sections]
    return dict(zip(heads, models, strict=True))


def test_each_operation_with_data_has_a_block_with_the_best_model_first(member, user, make_model):
    for name, judged, kept in (
        *[("early", 8, 7), ("dear", 20, 2), ("cheap", 20, 10), ("untold", 4, 4)],
        *[("useless", 20, 0), ("fair", 20, 5)],
    ):
        make_judged(user, make_model(name), judged, kept)
    for name in ("clarity-upscaler", "edit"):
        make_judged(user, make_model(name, category="image-to-image"), 5, 1)
    make_judged(user, make_model("film", category="text-to-video"), 9, 0)  # nothing to recommend
    assert blocks_of(member) == {
        "Make a picture": ["cheap", "fair", "dear", "early", "useless"],
        "Upscale": ["clarity-upscaler"],
        "Change a picture": ["edit"],
    }
    page = " ".join(member.get("/leaderboard/").content.decode().split())
    assert '<p class="figures small">$2.00 per kept result, 10 of 20 kept</p>' in page
    assert '<p class="figures small muted">1 of 5 kept, early: 4 to 62 %</p>' in page
    assert "model=lab%2Fcheap&amp;model=lab%2Ffair&amp;model=lab%2Fdear" in page


def test_models_that_nobody_should_or_may_use_are_left_out(member, user, make_model, make_endpoint):
    for name, values in (
        ("old", {"status": "deprecated"}), ("blocked", {"mark": Mark.BLOCKED}),
        ("good", {}),
    ):  # fmt: skip
        make_judged(user, make_model(name, **values), 5, 1)
    forbidden = make_endpoint("other/locked")
    make_judged(user, forbidden, 5, 1)
    project = private_project(user)
    Rule.objects.create(project=project, effect="forbid", kind="owner", value="other")
    assert blocks_of(member) == {"Make a picture": ["good"]}
    assert "other/locked" not in member.get("/leaderboard/").content.decode()


def keep(run: Run, *, is_starred: bool = True) -> str:
    """Judge and perhaps star a run; return the address of its picture."""
    counting.judge([run.pk])
    if is_starred:
        stars.star_run(run.pk, is_starred=True)
    count_all()
    return f"/runs/{run.pk}/artifacts/0/thumbnail/"


def picture_in(client: Client, address: str = "/leaderboard/") -> str:
    picture: str
    (picture,) = re.findall(
        r'<span class="mat">\s*<img\s+src="([^"]+)"', client.get(address).content.decode()
    )
    return picture


def test_the_best_kept_picture_is_the_newest_with_a_star(member, user, make_model, make_run):
    model = make_model("paint", picture=Picture.objects.create(digest="d", small="ab/small.webp"))
    make_judged(user, model, 5, 1)  # a result without a picture
    assert picture_in(member).endswith("small.webp")
    first, second = (keep(with_files(make_run, endpoint=model)) for _ in range(2))
    keep(with_files(make_run, endpoint=model), is_starred=False)
    assert picture_in(member) == second
    run = Run.objects.get(pk=second.split("/")[2])
    stars.star_run(run.pk, is_starred=False)
    count_all()
    assert picture_in(member) == first


def test_nobody_sees_a_picture_of_a_project_that_is_not_theirs(user, make_model, make_run):
    model = make_model("paint", picture=Picture.objects.create(digest="d", small="ab/small.webp"))
    for number in range(3):  # so that the house's figures are shown
        project = make_project(f"Film {number}", mia="maker")
        make_judged(person("mia"), model, 9, 5, project=project)
    hers = keep(with_files(make_run, endpoint=model, user=person("mia"), project=project))
    make_judged(user, model, 5, 1)
    ana, mia = working_in(private_project(user), user), working_in(project, person("mia"))
    for address in ("/leaderboard/", "/leaderboard/?of=house"):
        assert picture_in(ana, address).endswith("small.webp")
        assert picture_in(mia, address) == hers


def entry(name: str) -> Entry:
    """Return a model without a record."""
    return Entry(Endpoint(endpoint_id=f"lab/{name}", display_name=name), ModelRecord())


def test_the_first_three_are_compared_and_the_others_follow():
    entries = [entry(name) for name in ("a", "b", "c", "d", "e")]
    block = Block(OPERATIONS["upscale"], entries, {})
    assert [row.endpoint.display_name for row, _ in block.first] == ["a", "b", "c"]
    assert [row.endpoint.display_name for row in block.others] == ["d", "e"]
    assert block.comparison == "/compare/new/?model=lab%2Fa&model=lab%2Fb&model=lab%2Fc"
    assert Block(OPERATIONS["upscale"], entries[:1], {}).comparison == ""
