"""The change log's page: its content, for which users, at what cost."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from catalog.changelog import recorder
from catalog.models import Change, Endpoint, Favourite
from schemas.changes.diff_lines import Line

PAGE = "/changes/"
Tell = Callable[..., Change]


@pytest.fixture
def tell(make_endpoint: Any) -> Tell:
    """`tell("fal-ai/a", "gone", days=2)` → a change of that model, two days ago."""

    def make(
        endpoint_id: str,
        kind: str = "schema",
        *,
        days: float = 0,
        breaks: bool = False,
        **values: Any,
    ) -> Change:
        row = Endpoint.objects.filter(endpoint_id=endpoint_id).first() or make_endpoint(
            endpoint_id, **values
        )
        lines = [Line("removed", ("steps",), "is gone", breaks=breaks).as_json()]
        return Change.objects.create(
            endpoint=row,
            kind=kind,
            at=timezone.now() - timedelta(days=days),
            lines=lines if kind == "schema" else [],
            weight=Change.Weight.BREAKING if breaks else Change.Weight.PLAIN,
        )

    return make


def listed_changes(page: str) -> list[str]:
    """Return the models of a page, in its order."""
    log = page.split("</main>")[0].split('<span class="mono" translate="no">')[1:]
    return [part.split("</span>")[0] for part in log]


def test_the_change_log_is_grouped_by_day_newest_first(member, tell):
    tell("fal-ai/old", "gone", days=2)
    tell("fal-ai/a", breaks=True, display_name="<A>")
    page = member.get(PAGE).content.decode()
    assert listed_changes(page) == ["fal-ai/a", "fal-ai/old"]
    assert page.count('class="day"') == 2
    assert "<code>steps</code> is gone" in page
    assert "May break" in page
    assert "&lt;A&gt;" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=new", ["x/new", "x/back"]),
        ("?kind=changed", ["x/a", "y/b"]),
        ("?kind=gone", ["x/gone"]),
        ("?kind=breaking", ["x/a"]),
        ("?category=vision", ["y/b"]),
        ("?favourite=1", ["y/b"]),
        ("?model=x/a", ["x/a"]),
        ("?kind=gone&favourite=1", []),
        ("?kind=nonsense&page=99999&category=", ["x/new", "x/back", "x/gone", "x/a", "y/b"]),
        ("?page=x&model=%00", ["x/new", "x/back", "x/gone", "x/a", "y/b"]),
    ],
)
def test_the_change_log_can_be_filtered(member, user, tell, query, expected):
    starred = tell("y/b", days=5, category="vision").endpoint
    tell("x/a", days=4, breaks=True)
    tell("x/gone", "gone", days=3)
    tell("x/back", "back", days=2)
    tell("x/new", "new", days=1)
    Favourite.objects.create(user=user, endpoint=starred)
    page = member.get(PAGE + query).content.decode()
    assert listed_changes(page) == expected
    assert ("No such changes" in page) == (not expected)


def test_uncompared_and_wording_changes_are_not_shown(member, tell):
    Change.objects.filter(pk=tell("x/a").pk).update(lines=None)
    Change.objects.filter(pk=tell("x/b").pk).update(weight=Change.Weight.WORDING)
    assert "Nothing has changed yet" in member.get(PAGE).content.decode()


def test_pages_of_the_change_log_are_linked(member, tell):
    for n in range(120):
        tell(f"x/{n:03}", "new", days=n / 100)
    seen: list[str] = []
    address = PAGE
    for _ in range(3):
        page = unescape(member.get(address).content.decode())
        seen += listed_changes(page)
        address = PAGE + page.split('rel="next"')[0].rpartition('href="')[2].rstrip('" ')
    assert seen == [f"x/{n:03}" for n in range(120)]
    assert 'rel="prev"' in page
    assert 'rel="next"' not in page


def test_the_front_page_counts_changes_since_the_last_visit(member, tell):
    assert 'class="news' not in member.get("/").content.decode()
    tell("x/a", breaks=True)
    tell("x/b", "new")
    tell("x/ancient", "new", days=30)
    front = member.get("/").content.decode()
    assert "1 new, 1 changed, 1 may break what you have" in front
    assert "this week" in front
    member.get(PAGE)
    assert 'class="news' not in member.get("/").content.decode()
    tell("x/c", "gone")
    front = member.get("/").content.decode()
    assert ">1 gone</a>" in front
    assert "since you last looked" in front
    page = member.get(PAGE).content.decode()
    assert page.count("data-fresh") == 1
    assert "data-fresh" not in member.get(PAGE).content.decode()


def test_a_gone_model_keeps_its_page_and_runs_but_cannot_be_run(member, make_run, make_endpoint):
    endpoint = make_endpoint("x/gone", gone_at=timezone.now())
    changes_of_it = recorder.gone(endpoint)
    changes_of_it.save()
    run = make_run(endpoint=endpoint, state="succeeded")
    page = member.get("/models/x/gone/").content.decode()
    assert "since <time datetime" in page
    assert "Gone" in member.get("/models/x/gone/?tab=about").content.decode()
    assert str(run.pk) in member.get("/models/x/gone/?tab=runs", follow=True).content.decode()
    answer = member.post("/models/x/gone/", {"~do": "run", "~mode": "json", "~json": "{}"})
    assert answer.status_code == 422
    assert endpoint.runs.count() == 1
