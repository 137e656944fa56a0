"""Facets count the listed results, link to fewer of them, and never count what others hide."""

from typing import Any

import pytest
from django.utils import timezone

from features.library.models import Series, SeriesItem
from features.library.search import indexing
from features.library.wall import facets
from projects.models.project import private_project
from runs.models import Run

pytestmark = pytest.mark.both_databases


def counts(page: Any, title: str) -> dict[str, str]:
    """Return the counts of one facet of a page, by label."""
    return {
        choice.label: choice.count
        for facet in page.context["facets"]
        if facet.title == title
        for choice in facet.choices
    }


@pytest.fixture
def results(make_run: Any, make_endpoint: Any) -> None:
    """Three pictures, a video and a failed run, of two models."""
    film = make_endpoint("a/film", display_name="Film")
    ended = {"state": "succeeded", "ended_at": timezone.now()}
    image = {"images": [{"url": "https://v3.fal.media/x.png"}]}
    for _ in range(3):
        make_run(title="a fox", output=image, **ended)
    make_run(endpoint=film, output={"video": {"url": "https://v3.fal.media/x.mp4"}}, **ended)
    make_run(endpoint=film, state="failed", ended_at=timezone.now())
    indexing.index_all()


def test_facets_count_and_link(member, results):
    page = member.get("/runs/facets/")
    assert counts(page, "Kind") == {"Pictures": "3", "Films": "1"}
    # the count includes the failed run, which the wall does not show
    assert counts(page, "State") == {"Done": "4", "Failed": "1"}
    assert counts(page, "Model")["Film"] == "1"
    assert counts(member.get("/runs/facets/?as=list"), "Model")["Film"] == "2"
    (kinds,) = (facet for facet in page.context["facets"] if facet.title == "Kind")
    assert kinds.choices[0].href == "?q=out%3Aimage"
    chosen = member.get("/runs/facets/?q=fox+out:image&before=2100-01-01T00:00:00Z")
    (kinds,) = (facet for facet in chosen.context["facets"] if facet.title == "Kind")
    assert [(choice.label, choice.is_chosen, choice.href) for choice in kinds.choices] == [
        ("Pictures", True, "?q=fox")
    ]


def test_the_page_counts_nothing_until_somebody_narrows(member, results):
    page = member.get("/runs/?q=fox")
    assert "facets" not in page.context


def test_many_are_counted_to_a_bound_that_is_said(member, results, monkeypatch):
    monkeypatch.setattr(facets, "MOST_COUNTED", 3)
    assert counts(member.get("/runs/facets/?as=list"), "State") == {"Failed": "1+", "Done": "2+"}


def test_series_are_counted_found_and_suggested(member, results, user, stranger, make_run):
    fox, _ = Run.objects.filter(title="a fox")[:2]
    mine = {"project": private_project(user), "user": user}
    poster = Series.objects.create(name="For the poster", **mine)
    gone = Series.objects.create(name="Gone", deleted_at=timezone.now(), **mine)
    secret = Series.objects.create(name="secret", project=private_project(stranger), user=stranger)
    for place, series in enumerate((poster, gone, secret)):
        SeriesItem.objects.create(series=series, run=fox, position=0, place=place)
    SeriesItem.objects.create(series=poster, run=fox, position=1, place=9)
    page = member.get("/runs/facets/?as=list")
    assert counts(page, "Series") == {"For the poster": "1"}
    for key in ("tag", "series"):  # searches with the former key `tag` still work
        listing = member.get("/runs/", {"q": f'{key}:"for the Poster"', "as": "list"})
        assert [row.run for row in listing.context["runs"]] == [fox]
        assert not member.get(f"/runs/?q={key}:secret&as=list").context["runs"]
        assert not member.get(f"/runs/?q={key}:gone&as=list").context["runs"]
    suggested = member.get("/runs/suggestions/?q=tag:").context["suggestions"]
    assert [suggestion.word for suggestion in suggested] == ['series:"For the poster"']


def test_others_work_is_not_counted(client, member, results, stranger, admin_user):
    client.force_login(stranger)
    assert client.get("/runs/facets/").context["facets"] == []
    # The right to know that runs exist is no right to know their content.
    client.force_login(admin_user)
    page = client.get("/runs/?q=by:everybody&as=list")
    assert len(page.context["runs"]) == 5
    assert client.get("/runs/facets/?q=by:everybody&as=list").context["facets"] == []
    assert client.get("/runs/?q=by:everybody+out:image&as=list").context["runs"] == []
    assert client.get("/runs/?q=by:everybody+fox&as=list").context["runs"] == []
