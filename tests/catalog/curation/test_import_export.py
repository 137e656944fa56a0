"""Files of collections: an export can be imported unchanged; an import shows its changes first."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.curation import import_export
from catalog.curation.collection_editing import Arrangement, Line, arrange
from catalog.models import Collection, Endpoint
from schemas.exact import dumps
from tests.tables import each_row

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
    collection = Collection.objects.create(slug="best", title="Best", position=2)
    arrange(collection, Arrangement("Best", "Why", lines=[Line("a/0"), Line("a/1", "old")]))
    return collection


def test_an_import_previews_its_changes_before_applying_them(staff, best):
    file = SimpleUploadedFile("c.json", dumps(FILE).encode())
    preview = staff.post(PAGE, {"file": file}).content.decode()
    for text in (
        "Changed",
        "another cover",
        "a draft again",
        "1 model removed",
        "no/such",
        "1 model with another note",
    ):
        assert text in preview
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


def test_new_collections_are_imported_with_their_own_addresses(staff, best):
    entry = {"title": "Film", "slug": "Our_film", "items": [{"endpoint_id": "a/2"}]}
    text = dumps({**FILE, "collections": [entry]})
    assert "New" in staff.post(PAGE, {"text": text}).content.decode()
    staff.post(PAGE, {"text": text, "confirm": "1"})
    collection = Collection.objects.get(slug="Our_film")
    assert collection.title == "Film"
    assert collection.owner
    assert collection.items.count() == 1


@each_row(
    ("text", "message"),
    [
        ('{"format": \n oops}', "line 2, column 2"),
        ("[1]", "format"),
        ('{"format": "other"}', "format"),
        ('{"format": "vitrine-collections", "version": 2}', "version 1"),
        ('{"format": "vitrine-collections", "version": 1, "collections": {}}', "a list"),
        ("x" * ((8 << 20) + 1), "larger than 8 MB"),
        *((json.dumps({**FILE, "collections": [row]}), message) for row,
          message in [(1, "Collection 1 has to be an object"),
              ({"title": "x", "slug": "a b"}, "slug"),
              ({"title": "x", "slug": "a", "models": []}, "“models” is unknown"),
              ({"title": "x", "slug": "a", "items": [{"endpoint_id": "a/1", "notes": ""}]},
               "model 1: “notes” is unknown"), ({"title": "x", "slug": "import"}, "slug"),
              ({"title": "", "slug": "x"}, "a title"),
              ({"title": 1, "slug": "x"}, "has to be a text"),
              ({"title": "x", "slug": "x", "order": -1}, "order"),
              ({"title": "x", "slug": "x", "order": True}, "order"),
              ({"title": "x", "slug": "x", "items": [{"note": "n"}]}, "Collection 1, model 1"),
              ({"title": "x", "slug": "x", "items": 3}, "a list"),
              ({"title": "x", "slug": "x", "is_published": "no"}, "true or false"),
              ({"title": "x" * 121, "slug": "x"}, "120 characters")]),
        (json.dumps({**FILE, "collections": [{"title": "x", "slug": "x"}] * 2}), "Two collections"),
    ],
)  # fmt: skip
def test_an_unreadable_import_file_reports_the_position(staff, text, message):
    response = staff.post(PAGE, {"text": text, "confirm": "1"})
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Collection.objects.exists()


def test_a_binary_import_file_is_refused(staff):
    for content, message in ((b"\xff\xfe\x00", "UTF-8"), (b" " * ((8 << 20) + 1), "larger")):
        response = staff.post(PAGE, {"file": SimpleUploadedFile("c.json", content)})
        assert response.status_code == 422
        assert message in response.content.decode()


def test_the_largest_export_passes_the_import_preview(staff, best):
    """A browser posts its text back with two characters for each line break."""
    text = staff.get("/collections/export/").content.decode()
    text += " " * (import_export.LARGEST_BYTES - len(text.encode()))
    posted = {"text": text.replace("\n", "\r\n")}
    assert "As it is" in staff.post(PAGE, posted).content.decode()
    assert staff.post(PAGE, posted | {"confirm": "1"}).status_code == 302
    assert staff.get("/collections/export/").content.decode() == text.rstrip() + "\n"


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
titles = texts.map(lambda text: " ".join(text.split())).filter(bool)
lines = st.lists(
    st.builds(Line, st.sampled_from([f"a/{n}" for n in range(6)]), texts),
    max_size=6,
    unique_by=lambda line: line.endpoint_id,
)
wanted = st.builds(Arrangement, titles, texts, st.booleans(), st.sampled_from(["", "a/1"]), lines)


class RoundTrip(TestCase):
    """An export, imported into an empty catalogue and exported again, is the same file."""

    @given(collections=st.lists(wanted, max_size=4))
    def test_an_export_and_import_round_trips(self, collections):
        by = User.objects.create_user("eva")
        Endpoint.objects.bulk_create(
            Endpoint(endpoint_id=f"a/{n}", display_name="m", owner="a") for n in range(6)
        )
        for position, arrangement in enumerate(collections):
            arrange(Collection.objects.create(slug=f"c-{position}", position=position), arrangement)
        text = dumps(import_export.dump_all())
        Collection.objects.all().delete()
        entries = import_export.parse(text)
        assert all(step.word == "new" for step in import_export.plan(entries))
        import_export.apply(entries, by)
        assert dumps(import_export.dump_all()) == text
        assert all(
            step.word == "as it is" for step in import_export.plan(import_export.parse(text))
        )
