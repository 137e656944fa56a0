"""Files of collections: what is written is read back the same, and what an import would do is told
first.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.curation import import_export
from catalog.curation.collection_editing import Arrangement, Line, arrange
from catalog.models import Collection, Endpoint
from schemas.exact import dumps

FILE = {
    "format": "vitrine-collections",
    "version": 1,
    "collections": [
        {
            "title": "Best",
            "slug": "best",
            "description": "Why",
            "order": 2,
            "is_published": False,
            "cover": "a/1",
            "items": [{"endpoint_id": "a/1", "note": "new"}, {"endpoint_id": "no/such"}],
        }
    ],
}
PAGE = "/collections/import/"


@pytest.fixture
def best(make_endpoint: Any) -> Collection:
    for n in range(3):
        make_endpoint(f"a/{n}")
    found = Collection.objects.create(slug="best", title="Best", position=2)
    arrange(found, Arrangement("Best", "Why", lines=[Line("a/0"), Line("a/1", "old")]))
    return found


def test_an_import_tells_first_and_then_does_what_it_told(staff: Client, best: Collection) -> None:
    file = SimpleUploadedFile("c.json", dumps(FILE).encode())
    told = staff.post(PAGE, {"file": file}).content.decode()
    for words in (
        "Changed",
        "another cover",
        "a draft again",
        "1 model removed",
        "no/such",
        "1 model with another note",
    ):
        assert words in told
    assert best.items.count() == 2
    response = staff.post(PAGE, {"text": dumps(FILE), "confirm": "1"})
    assert response.headers["Location"] == "/collections/"
    best.refresh_from_db()
    assert (best.is_published, best.position) == (False, 2)
    assert best.cover
    assert best.cover.endpoint_id == "a/1"
    assert [(item.endpoint.endpoint_id, item.note) for item in best.items.all()] == [("a/1", "new")]
    FILE["collections"][0]["items"] = FILE["collections"][0]["items"][:1]  # type: ignore[index]
    assert "As it is" in staff.post(PAGE, {"text": dumps(FILE)}).content.decode()


def test_new_ones_are_made_at_their_own_address(staff: Client, best: Collection) -> None:
    entry = {"title": "Film", "slug": "Our_film", "items": [{"endpoint_id": "a/2"}]}
    text = dumps({**FILE, "collections": [entry]})
    assert "New" in staff.post(PAGE, {"text": text}).content.decode()
    staff.post(PAGE, {"text": text, "confirm": "1"})
    made = Collection.objects.get(slug="Our_film")
    assert made.title == "Film"
    assert made.owner
    assert made.items.count() == 1


def test_a_second_one_of_a_title_is_told_and_comes_beside_the_first(
    staff: Client, best: Collection
) -> None:
    text = dumps({**FILE, "collections": [{"title": "Best", "slug": "better"}]})
    told = staff.post(PAGE, {"text": text}).content.decode()
    assert "another collection has this title" in told
    assert 'href="/collections/best/"' in told
    staff.post(PAGE, {"text": text, "confirm": "1"})
    assert set(Collection.objects.values_list("slug", flat=True)) == {"best", "better"}
    assert "another collection has" not in staff.post(PAGE, {"text": text}).content.decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"format": \n oops}', "line 2, column 2"),
        ("[1]", "format"),
        ('{"format": "other"}', "format"),
        ('{"format": "vitrine-collections", "version": 2}', "version 1"),
        ('{"format": "vitrine-collections", "version": 1, "collections": {}}', "a list"),
        ("x" * ((8 << 20) + 1), "larger than 8 MB"),
        *(
            (json.dumps({**FILE, "collections": [row]}), words)
            for row, words in [
                (1, "Collection 1 has to be an object"),
                ({"title": "x", "slug": "a b"}, "slug"),
                ({"title": "x", "slug": "a", "models": []}, "there is no “models” here"),
                (
                    {"title": "x", "slug": "a", "items": [{"endpoint_id": "a/1", "notes": ""}]},
                    "model 1: there is no “notes” here",
                ),
                ({"title": "x", "slug": "import"}, "slug"),
                ({"title": "", "slug": "x"}, "a title"),
                ({"title": 1, "slug": "x"}, "has to be a text"),
                ({"title": "x", "slug": "x", "order": -1}, "order"),
                ({"title": "x", "slug": "x", "order": True}, "order"),
                ({"title": "x", "slug": "x", "items": [{"note": "n"}]}, "Collection 1, model 1"),
                ({"title": "x", "slug": "x", "items": 3}, "a list"),
                ({"title": "x", "slug": "x", "is_published": "no"}, "true or false"),
                ({"title": "x" * 121, "slug": "x"}, "120 characters"),
            ]
        ),
        (
            json.dumps({**FILE, "collections": [{"title": "x", "slug": "x"}] * 2}),
            "Two collections",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_where(staff: Client, text: str, words: str) -> None:
    response = staff.post(PAGE, {"text": text, "confirm": "1"})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Collection.objects.exists()


def test_a_file_of_bytes_is_told_from_text(staff: Client) -> None:
    for content, words in ((b"\xff\xfe\x00", "UTF-8"), (b" " * ((8 << 20) + 1), "larger")):
        response = staff.post(PAGE, {"file": SimpleUploadedFile("c.json", content)})
        assert response.status_code == 422
        assert words in response.content.decode()


def test_a_download_holds_one_or_all_and_costs_the_same(
    staff: Client, best: Collection, make_endpoint: Any
) -> None:
    response = staff.get("/collections/export/?of=best")
    assert response.headers["Content-Disposition"] == 'attachment; filename="collection-best.json"'
    (one,) = response.json()["collections"]
    assert [item["endpoint_id"] for item in one["items"]] == ["a/0", "a/1"]
    used = []
    for more in (0, 30):
        for n in range(more):
            other = Collection.objects.create(slug=f"c{n}", title="c")
            arrange(other, Arrangement("c", lines=[Line("a/0"), Line("a/2")]))
        with CaptureQueriesContext(connection) as queries:
            assert len(staff.get("/collections/export/").json()["collections"]) == more + 1
        used.append(len(queries))
    assert used[0] == used[1] <= 5
    assert staff.get("/collections/export/?of=none").status_code == 404


def test_what_one_file_cannot_hold_is_told_at_the_export(
    staff: Client, admin_client: Client, best: Collection
) -> None:
    """`best` and 999 more are as many as a file holds; one more is one too many."""
    Collection.objects.bulk_create(
        Collection(slug=f"c{n}", title="c") for n in range(import_export.MOST_COLLECTIONS - 1)
    )
    text = staff.get("/collections/export/").content.decode()
    assert len(import_export.parse(text)) == import_export.MOST_COLLECTIONS
    more = Collection.objects.create(slug="more", title="more")
    words = "One file holds at most 1000 collections and 8 MB; these are 1001"
    page = staff.get("/collections/export/", follow=True)
    assert page.redirect_chain == [("/collections/", 302)]
    assert words in page.content.decode()
    data = {"action": "export", "_selected_action": [str(more.pk)], "select_across": "1"}
    assert (
        words in admin_client.post("/admin/catalog/collection/", data, follow=True).content.decode()
    )


def test_the_largest_file_that_is_written_goes_through_the_page_between(
    staff: Client, best: Collection
) -> None:
    """Its text is posted back by a browser, which ends lines with two characters."""
    text = staff.get("/collections/export/").content.decode()
    text += " " * (import_export.LARGEST_BYTES - len(text.encode()))
    posted = {"text": text.replace("\n", "\r\n")}
    assert "As it is" in staff.post(PAGE, posted).content.decode()
    assert staff.post(PAGE, posted | {"confirm": "1"}).status_code == 302
    assert staff.get("/collections/export/").content.decode() == text.rstrip() + "\n"


def test_a_file_may_name_more_models_than_a_query_may_hold(best: Collection) -> None:
    lines = [Line("a/0"), *(Line(f"no/{n}") for n in range(260_000))]
    (step,) = import_export.plan([import_export.Entry("all", 0, Arrangement("All", lines=lines))])
    assert len(step.unknown) == 260_000


@pytest.mark.parametrize("address", [PAGE, "/collections/export/"])
def test_only_curators_import_and_export(client: Client, user: User, address: str) -> None:
    client.force_login(user)
    assert client.get(address).status_code == 404
    assert client.post(address, {"text": dumps(FILE), "confirm": "1"}).status_code == 404


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
titles = texts.map(lambda text: " ".join(text.split())).filter(bool)
lines = st.lists(
    st.builds(Line, st.sampled_from([f"a/{n}" for n in range(6)]), texts),
    max_size=6,
    unique_by=lambda line: line.endpoint_id,
)
wanted = st.builds(Arrangement, titles, texts, st.booleans(), st.sampled_from(["", "a/1"]), lines)


class RoundTrip(TestCase):
    """What is exported, imported into nothing and exported again is the same file."""

    @given(collections=st.lists(wanted, max_size=4))
    def test_a_file_says_everything(self, collections: list[Arrangement]) -> None:
        by = User.objects.create_user("eva")
        Endpoint.objects.bulk_create(
            Endpoint(endpoint_id=f"a/{n}", display_name="m", owner="a") for n in range(6)
        )
        for position, one in enumerate(collections):
            arrange(Collection.objects.create(slug=f"c-{position}", position=position), one)
        text = dumps(import_export.dump_all())
        Collection.objects.all().delete()
        entries = import_export.parse(text)
        assert all(step.word == "new" for step in import_export.plan(entries))
        import_export.apply(entries, by)
        assert dumps(import_export.dump_all()) == text
        assert all(
            step.word == "as it is" for step in import_export.plan(import_export.parse(text))
        )
