"""“Join” offers a model that merges films, with those of one line filled in, in their order."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from catalog.sync import post_sync
from projects.models import Rule
from projects.models.project import private_project
from runs.models import Run
from tests.features.library.test_descent import make_upload
from tests.runs.results_to_use import TEXT, document, result_of

__all__ = ["result_of"]

pytestmark = pytest.mark.both_databases
FILMS = {"type": "array", "items": TEXT, "minItems": 2}
MakeFilm = Callable[..., Run]


@pytest.fixture
def merging(make_endpoint: Any) -> Endpoint:
    """A model that merges films, beside others that take lists of them."""
    films = {"video_urls": FILMS}
    make_endpoint("fal-ai/film-references", document(films, "video", ("video_urls",)), position=0)
    sound = document({**films, "audio_url": TEXT}, "video", ("video_urls", "audio_url"))
    make_endpoint("fal-ai/merge-with-sound", sound, position=1)
    endpoint: Endpoint = make_endpoint(
        "fal-ai/ffmpeg-api/merge-videos",
        document(films, "video", ("video_urls",)),
        position=2,
        unit_price_usd="0.00017",
        price_unit="compute seconds",
        currency="USD",
    )
    post_sync.run()
    return endpoint


@pytest.fixture
def make_film(result_of: Callable[..., Run], make_endpoint: Any, user: User) -> MakeFilm:
    """`make_film(before, title=…)` → a run with a film that goes on from a frame of another one."""
    maker = make_endpoint("fal-ai/films", document({"image_url": TEXT}, "video"))

    def make(before: Run | None = None, *, position: int = 0, **values: Any) -> Run:
        if before is not None:
            frame = make_upload(before.user, project=before.project)
            frame.origin_run, frame.origin_position, frame.origin_at_s = before.pk, position, 1.0
            frame.save()
            values["arguments"] = {"image_url": frame.get_absolute_url()}
        return result_of(maker, "video", "video", **values)

    return make


def join(browser: Client, run: Run) -> tuple[str, str]:
    """Return the address and the words of the offer on a run's line; empty without one."""
    page = html.unescape(browser.get(f"/runs/{run.pk}/descent/").content.decode())
    offer = re.search(r'<a class="button" href="([^"]*pictures=[^"]*)"(.*?)</p>', page, re.S)
    return (offer[1], " ".join(offer[2].split())) if offer else ("", "")


def test_the_films_of_a_line_are_filled_in_in_their_order(member, make_film, merging):
    first = make_film(title="first")
    second = make_film(first, position=1, title="second")
    make_film(first, title="another branch")
    third = make_film(second, title="third")
    address, words = join(member, third)
    assert "Join the 3 films of this line" in words
    assert "with merge-videos · $0.00017 / compute second" in words
    page = member.get(address).content.decode()
    for film in (f"{first.pk}/artifacts/1/", f"{second.pk}/artifacts/0/"):
        assert film in page
    places = [page.index(f"/runs/{run.pk}/artifacts/") for run in (first, second, third)]
    assert places == sorted(places)
    assert "now holds 3 films." in page
    assert join(member, second)[0] == address


def test_without_a_model_that_may_run_here_nothing_is_offered(member, make_film, merging, user):
    last = make_film(make_film())
    assert join(member, last)[0]
    rule = Rule.objects.create(
        project=private_project(user), effect="forbid", kind="id", value=merging.endpoint_id
    )
    assert join(member, last) == ("", "")
    rule.delete()
    Endpoint.objects.filter(pk=merging.pk).update(mark="blocked")
    post_sync.run()
    assert join(member, last) == ("", "")
