"""Only curators build collections, on their pages, also without JavaScript; all can be undone."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.curation import collection_editing
from catalog.curation.collection_editing import Arrangement, Line
from catalog.models import Collection, CollectionItem, Endpoint
from tests.tables import each_row

HTMX = {"HX-Request": "true"}
EDIT = "/collections/best/edition/"


@pytest.fixture
def best(make_endpoint: Callable[..., Endpoint]) -> Collection:
    """Three models in a collection, `a/0` to `a/2`, and one outside."""
    collection = Collection.objects.create(slug="best", title="Best", is_published=False)
    for n in range(3):
        endpoint = make_endpoint(f"a/{n}", display_name=f"Model {n}")
        CollectionItem.objects.create(
            collection=collection, endpoint=endpoint, position=n, note=f"note {n}"
        )
    make_endpoint("a/other", display_name="Quite another")
    return collection


def make_post(*numbers: int, **more: str) -> dict[str, Any]:
    """Return what the page's form posts with these of its rows, in this order."""
    rows = {f"items.{n}.id": f"a/{n}" for n in numbers}
    notes = {f"items.{n}.note": f"note {n}" for n in numbers}
    order = ["", *map(str, numbers)]
    base = {"title": "Best", "description": "", "known": "a/0 a/1 a/2", "items~rows": order}
    return {**base, **rows, **notes, **more}


def state(slug: str = "best") -> list[tuple[str, str]]:
    items = Collection.objects.get(slug=slug).items.select_related("endpoint")
    return [(item.endpoint.endpoint_id, item.note) for item in items]


def test_order_notes_texts_and_visibility_are_saved_as_posted(staff, best):
    more = {
        "title": " Very  best ",
        "description": "Why\r\nso",
        "is_published": "1",
        "cover": "a/1",
    }
    response = staff.post(EDIT, make_post(2, 0, 1) | more | {"items.0.note": "new"}, headers=HTMX)
    assert b"Saved." in response.content
    best.refresh_from_db()
    assert (best.title, best.description, best.is_published) == ("Very best", "Why\nso", True)
    assert best.cover
    assert best.cover.endpoint_id == "a/1"
    assert state() == [("a/2", "note 2"), ("a/0", "new"), ("a/1", "note 1")]
    staff.post(EDIT, make_post(0))
    best.refresh_from_db()
    assert state() == [("a/0", "note 0")]
    assert best.cover is None
    assert not best.is_published


@pytest.mark.parametrize(
    ("button", "order"),
    [
        ("up:items.1", ["a/1", "a/0", "a/2"]),
        ("down:items.1", ["a/0", "a/2", "a/1"]),
        ("remove:items.1", ["a/0", "a/2"]),
        ("up:items.0", ["a/0", "a/1", "a/2"]),
        ("up:items.99", ["a/0", "a/1", "a/2"]),
        ("add:a/other", ["a/0", "a/1", "a/2", "a/other"]),
        ("add:a/0", ["a/0", "a/1", "a/2"]),
        ("add:no/such", ["a/0", "a/1", "a/2"]),
    ],
)
def test_every_button_works_without_script(staff, best, button, order):
    response = staff.post(EDIT, make_post(0, 1, 2) | {"~do": button})
    assert response.headers["Location"] == EDIT
    assert [endpoint_id for endpoint_id, _ in state()] == order


def test_an_automatic_save_performs_no_button_action(staff, best):
    itself = {**HTMX, "HX-Trigger": "edition"}
    staff.post(EDIT, make_post(0, 1) | {"~do": "remove:items.1"}, headers=itself)
    assert [endpoint_id for endpoint_id, _ in state()] == ["a/0", "a/1"]


def test_a_model_added_meanwhile_by_a_colleague_stays(staff, best):
    collection_editing.add_models(best, [Endpoint.objects.get(endpoint_id="a/other")])
    staff.post(EDIT, make_post(2, 0), headers=HTMX)
    assert [endpoint_id for endpoint_id, _ in state()] == ["a/2", "a/0", "a/other"]


@each_row("more", [{"title": " "}, {"title": "x" * 121}, {"items.0.note": "x" * 256}])
@each_row("headers", [{}, HTMX], ids=["page", "fragment"])
def test_an_invalid_collection_is_reported_and_not_saved(staff, best, more, headers):
    response = staff.post(EDIT, make_post(2, 1, 0) | more, headers=headers)
    assert response.status_code == 422
    assert b'role="alert"' in response.content
    assert [endpoint_id for endpoint_id, _ in state()] == ["a/0", "a/1", "a/2"]


def test_a_collection_starts_as_a_draft_with_its_own_address(staff):
    for title in ("Best for film!", "Best for film", "今日", "of", "x" * 120):
        response = staff.post("/collections/", {"title": title})
        assert response.headers["Location"].endswith("/edition/")
    slugs = list(Collection.objects.order_by("position").values_list("slug", flat=True))
    assert slugs == ["best-for-film", "best-for-film-2", "collection", "of-2", "x" * 45]
    assert not Collection.objects.filter(is_published=True).exists()
    staff.post("/collections/", {"title": "  "})
    again = staff.post("/collections/", {"title": " best  for FILM"}, follow=True)
    assert "There is a collection “best for FILM” already." in again.content.decode()
    assert Collection.objects.count() == 5


def test_the_model_page_adds_to_collections_and_offers_undo(staff, best):
    menu = "/collections/of/a/1/"
    assert b"Add to a collection<" in staff.get("/models/a/1/?tab=about").content
    assert b'aria-pressed="true"' in staff.get(menu, headers=HTMX).content
    out = staff.post(menu, {"out": "best"}, headers=HTMX).content.decode()
    assert 'name="position" value="1"' in out
    assert [endpoint_id for endpoint_id, _ in state()] == ["a/0", "a/2"]
    staff.post(menu, {"in": "best", "position": "1", "note": "note 1"}, headers=HTMX)
    assert state() == [("a/0", "note 0"), ("a/1", "note 1"), ("a/2", "note 2")]
    assert staff.post("/collections/of/a/other/", {"in": "best"}).status_code == 302
    assert state()[-1] == ("a/other", "")
    staff.post("/collections/", {"title": "New", "endpoint_id": "a/1"}, headers=HTMX)
    assert state("new") == [("a/1", "")]


def test_a_deleted_collection_is_restored_unchanged(staff, best):
    best.cover = Endpoint.objects.get(endpoint_id="a/2")
    best.save()
    before = state()
    for _ in range(2):  # a double click
        answer = staff.post("/collections/best/deletion/", follow=True)
        assert "The collection is deleted." in answer.content.decode()
    assert not Collection.objects.exists()
    assert staff.post("/collections/other/deletion/").status_code == 404
    assert staff.post("/undo/collection/best/").headers["Location"] == "/collections/best/"
    assert state() == before
    restored = Collection.objects.get()
    assert restored.cover
    assert restored.cover.endpoint_id == "a/2"
    assert not restored.is_published
    staff.post("/undo/collection/best/")
    assert Collection.objects.count() == 1


def test_collections_can_be_reordered(staff):
    for n, slug in enumerate("abc"):
        Collection.objects.create(slug=slug, title=slug, position=n)
    rows = {
        "order~rows": ["", "0", "1", "2"],
        **{f"order.{n}.slug": s for n, s in enumerate("abc")},
    }
    staff.post("/collections/order/", {**rows, "~do": "up:order.2"})
    assert [collection.slug for collection in Collection.objects.all()] == ["a", "c", "b"]
    staff.post("/collections/order/", {"order~rows": ["1"], "order.1.slug": "b"}, headers=HTMX)
    assert [collection.slug for collection in Collection.objects.all()] == ["b", "a", "c"]


names = st.sampled_from([f"a/{n}" for n in range(6)])
lines = st.lists(st.builds(Line, names, st.text(max_size=20)), max_size=8)


class Law(TestCase):
    """The collection has the expected models, and never more rows than models."""

    @given(before=lines, after=lines, meanwhile=names)
    def test_any_edit_gives_the_wanted_collection(self, before, after, meanwhile):
        Endpoint.objects.bulk_create(
            Endpoint(endpoint_id=f"a/{n}", display_name="m", owner="a") for n in range(6)
        )
        collection = Collection.objects.create(slug="best", title="Best")
        collection_editing.arrange(collection, Arrangement("Best", lines=before))
        known_ids = frozenset(line.endpoint_id for line in before)
        collection_editing.add_models(collection, [Endpoint.objects.get(endpoint_id=meanwhile)])
        collection_editing.arrange(collection, Arrangement("Best", lines=after, known=known_ids))
        wanted = list(dict.fromkeys(line.endpoint_id for line in after))
        if meanwhile not in known_ids and meanwhile not in wanted:
            wanted.append(meanwhile)
        assert [endpoint_id for endpoint_id, _ in state()] == wanted


WORDS = "/collections/best/words/"


def test_title_and_notes_are_edited_in_place(staff, best):
    page = staff.get("/collections/best/").content.decode()
    assert 'name="title" value="Best"' in page
    assert 'name="note.a/1" value="note 1"' in page
    saved = staff.post(WORDS, {"note.a/1": " quick  and sharp "}, headers=HTMX)
    assert "Saved." in saved.content.decode()
    assert state() == [("a/0", "note 0"), ("a/1", "quick and sharp"), ("a/2", "note 2")]
    assert staff.post(WORDS, {"title": "Better", "description": "Why"}).status_code == 302
    best.refresh_from_db()
    assert (best.title, best.description, best.is_published) == ("Better", "Why", False)


@pytest.mark.parametrize("fields", [{"title": " "}, {"title": "x" * 121}, {"note.a/0": "x" * 256}])
def test_invalid_texts_are_reported_and_not_saved(staff, best, fields):
    refused = staff.post(WORDS, {"description": "not kept", **fields}, headers=HTMX)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()
    best.refresh_from_db()
    assert (best.title, best.description) == ("Best", "")
    assert state()[0] == ("a/0", "note 0")
