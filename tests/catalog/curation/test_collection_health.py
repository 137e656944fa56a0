"""Collections whose models are gone, deprecated, blocked or changed.

Curators learn of it, repair it with one click, and can undo the repair.
"""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.changelog import successors
from catalog.models import Change, Collection, CollectionItem, Endpoint
from schemas.changes.diff_lines import Line

PAGE = "/collections/best/"
MENDING = f"{PAGE}mending/"


@pytest.fixture
def best(make_endpoint: Any) -> Collection:
    """A collection of four models: one in order, one deprecated, one gone, one blocked."""
    collection = Collection.objects.create(slug="best", title="Best")
    rows = [
        make_endpoint("x/good"),
        make_endpoint("x/film/v1.5", status="deprecated"),
        make_endpoint("x/gone", gone_at=timezone.now(), group_key="g"),
        make_endpoint("x/bad", standing="blocked", standing_reason="No."),
    ]
    make_endpoint("x/film/v2", display_name="Film 2")
    make_endpoint("x/film/v2.1", display_name="Film 2.1")
    for position, row in enumerate(rows):
        CollectionItem.objects.create(
            collection=collection, endpoint=row, position=position, note=f"Note {position}"
        )
    collection.cover = rows[1]
    collection.save()
    return collection


def contents(collection: Collection) -> list[tuple[str, str]]:
    items = collection.items.order_by("position").values_list("endpoint__endpoint_id", "note")
    return list(items)


def break_it(endpoint_id: str, **ago: float) -> None:
    Change.objects.create(
        endpoint=Endpoint.objects.get(endpoint_id=endpoint_id),
        kind="schema",
        at=timezone.now() - timedelta(**ago),
        lines=[Line("removed", ("steps",), "is gone", breaks=True).as_json()],
        weight=Change.Weight.BREAKING,
    )


def test_only_curators_see_the_problems_of_a_collection(
    client: Client, member: Client, best: Collection
) -> None:
    assert "need a look" not in member.get(PAGE).content.decode()
    client.force_login(
        User.objects.create_user("cora", password="pw", is_staff=True, is_superuser=True)
    )
    page = unescape(client.get(PAGE).content.decode())
    assert "3 models need a look" in page
    for problem in (
        "is deprecated",
        "has been gone upstream since",
        "is blocked: nobody can run it",
    ):
        assert problem in page
    assert "Replace by Film 2.1" in page


def test_a_deprecated_model_can_be_replaced_in_place_and_back(
    staff: Client, best: Collection
) -> None:
    before = contents(best)
    post = {"replace": "x/film/v1.5", "by": "x/film/v2.1"}
    page = unescape(staff.post(MENDING, post, follow=True).content.decode())
    assert "x/film/v1.5 is replaced by x/film/v2.1." in page
    assert contents(best)[1] == ("x/film/v2.1", "Note 1")
    best.refresh_from_db()
    assert best.cover is not None
    assert best.cover.endpoint_id == "x/film/v2.1"
    staff.post(MENDING, {"undo": "1"})
    assert contents(best) == before
    best.refresh_from_db()
    assert best.cover.endpoint_id == "x/film/v1.5"
    staff.post(MENDING, {"undo": "1"})
    assert contents(best) == before


def test_a_removed_model_can_be_restored_beside_later_additions(
    staff: Client, best: Collection
) -> None:
    before = contents(best)
    page = staff.post(MENDING, {"remove": "x/gone"}, follow=True).content.decode()
    assert "x/gone is removed from this collection." in page
    assert "Undo" in page
    assert "Undo" not in staff.get(PAGE).content.decode()
    late = Endpoint.objects.get(endpoint_id="x/film/v2")
    CollectionItem.objects.create(collection=best, endpoint=late, position=9)
    staff.post(MENDING, {"undo": "1"})
    assert contents(best) == [*before, ("x/film/v2", "")]


def test_a_breaking_change_is_shown_until_acknowledged(staff: Client, best: Collection) -> None:
    break_it("x/good", days=40)
    break_it("x/film/v2", days=40)
    CollectionItem.objects.update(looked_at=timezone.now() - timedelta(days=1))
    assert "may break" not in staff.get(PAGE).content.decode()
    break_it("x/good", hours=1)
    # the model's earlier changes are no news for a collection that it joins now
    staff.post("/collections/of/x/film/v2/", {"in": "best"})
    staff.post(MENDING, {"remove": "x/gone"})
    page = staff.get(PAGE).content.decode()
    assert page.count("changed in a way that may break") == 1
    assert "<code>steps</code> is gone" in page
    staff.post(MENDING, {"seen": "x/film/v2"})
    assert "may break" in staff.get(PAGE).content.decode()
    staff.post(MENDING, {"seen": "x/good"})
    assert "may break" not in staff.get(PAGE).content.decode()


def test_a_change_reverted_upstream_is_no_problem(
    staff: Client, best: Collection, make_endpoint: Any
) -> None:
    digests = [make_endpoint(f"y/{n}", document={"n": n}).schema_id for n in range(2)]
    good = Endpoint.objects.filter(endpoint_id="x/good")
    for was, now in ((0, 1), (1, 0), (0, 1), (1, 0)):
        page = staff.get(PAGE).content.decode()
        assert page.count("<code>steps</code> is gone") == was
        break_it("x/good")
        Change.objects.filter(pk=Change.objects.latest("pk").pk).update(was=digests[was])
        good.update(schema=digests[now])
    assert "may break" not in staff.get(PAGE).content.decode()


def test_only_curators_can_fix_problems_and_only_existing_ones(
    member: Client, client: Client, best: Collection
) -> None:
    assert member.post(MENDING, {"remove": "x/gone"}).status_code == 404
    client.force_login(
        User.objects.create_user("cora", password="pw", is_staff=True, is_superuser=True)
    )
    for post in ({}, {"remove": "x/none"}, {"replace": "x/none", "by": "x/film/v2"}):
        assert client.post(MENDING, post).status_code == 302
    assert client.post(MENDING, {"replace": "x/gone", "by": "x/none"}).status_code == 404
    assert client.post("/collections/other/mending/", {"remove": "x/gone"}).status_code == 404
    assert len(contents(best)) == 4


def test_the_page_takes_as_many_queries_for_any_number_of_problems(
    staff: Client, best: Collection, make_endpoint: Any
) -> None:
    used = []
    for n in range(2):
        for number in range(n * 20):
            row = make_endpoint(f"x/more-{number}", status="deprecated")
            CollectionItem.objects.create(collection=best, endpoint=row, position=9)
        staff.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            staff.get(PAGE)
        used.append(len(queries))
    assert used[0] == used[1] <= 10


@pytest.mark.parametrize(
    ("old", "others", "expected"),
    [
        ("a/veo/v2.1/pro", ["a/veo/v2.5/pro", "a/veo/v10/pro", "a/veo/v11/std"], "a/veo/v10/pro"),
        ("a/flux-1", ["a/flux-2"], "a/flux-2"),
        ("a/flux-2", ["a/flux-1"], None),
        ("a/sdxl", ["a/other"], None),
        ("a/t5-1", ["a/t5-2", "a/t4-9"], "a/t5-2"),
    ],
)  # fmt: skip
def test_a_successor_is_the_newest_version_of_the_name(
    make_endpoint: Any, old: str, others: list[str], expected: str | None
) -> None:
    row = make_endpoint(old, status="deprecated")
    for other in others:
        make_endpoint(other)
    make_endpoint("a/kling/v12/pro", category="vision")
    make_endpoint("a/kling/v13/pro", status="deprecated")
    make_endpoint("a/kling/v14/pro", standing="blocked")
    make_endpoint("a/kling/v15/pro", gone_at=timezone.now())
    successor = successors.successors_of([row]).get(row.pk)
    assert (successor.endpoint_id if successor else None) == expected
