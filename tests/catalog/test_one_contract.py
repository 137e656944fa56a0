"""Both databases find the same, in the same order: whichever is under test is held against an FTS5 table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bench import filling, judging
from bench.search_product import typed
from catalog.finding import index as indexes
from catalog.finding import matching, search_index, spelling
from catalog.finding.highlight import marks
from catalog.finding.search_index import Phrase, Sought
from catalog.models import Endpoint, Revision
from catalog.query import Query
from catalog.search import search

Make = Callable[..., Endpoint]


class Fts5:
    """SQLite's full-text table over the rows of the database under test, as a connection."""

    vendor = "sqlite"

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(search_index._sqlite_search()["catalog_search"])
        self._database.executemany(
            "INSERT INTO catalog_search (rowid, name, tags, description, fields) VALUES (?, ?, ?, ?, ?)",
            [
                (
                    row.pk,
                    f"{row.endpoint_id} {row.display_name}",
                    " ".join([row.category, *row.tags]),
                    row.description,
                    row.field_words,
                )
                for row in Endpoint.objects.all()
            ],
        )

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """A cursor that takes Django's placeholders."""
        own = self._database.cursor()

        class Cursor:
            fetchall = own.fetchall

            def execute(self, sql: str, parameters: list[str]) -> None:
                own.execute(sql.replace("%s", "?"), parameters)

        yield Cursor()


def answers(questions: list[str]) -> dict[str, list[str]]:
    """Each question's endpoints in order, asked anew."""
    made = indexes.current(Revision.current())
    made.forget()
    found = {}
    for question in questions:
        answer = search(Query(q=question), index=made)
        found[question] = [e.endpoint_id for e in [*answer.endpoints, *answer.near]]
    return found


@pytest.mark.parametrize("name", ["real", "sandbox"])
def test_judged_questions_are_answered_alike(
    db: None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filling.fill({"real": filling.real, "sandbox": filling.sandbox}[name]())
    questions = [one.typed for one in judging.questions()]
    questions += typed(1200, 60)  # and what finds much
    ours = answers(questions)
    monkeypatch.setattr(matching, "LARGE", 0)  # asked twice, as of a large catalogue
    assert answers(questions) == ours
    monkeypatch.setattr(indexes, "connection", Fts5())
    assert answers(questions) == ours
    monkeypatch.undo()
    monkeypatch.setattr(indexes, "connection", Fts5())
    assert answers(questions) == ours
    assert sum(map(bool, ours.values())) > len(ours) / 2


WRITTEN = [
    "Größe, Bücher & Straßen: naïve café",
    "A 10-second 1080p clip in 16:9 at 24fps; v2.1 and 3.5-turbo, 1e5 -7 +3",
    "see https://fal.ai/models/flux?x=1#top or mail a.b@example.org",
    "Модель для видео, 画像を動画に 변환, العربية من اليمين",
    "👩‍🚀 emoji🎬glued ™ x² snake_case camelCase",
    "",
]
ASKED = ["grosse", "große", "strassen", "bucher", "cafe", "10", "second", "1080p", "16 9", "v2 1", "3 5 turbo", "1e5",
         "7", "fal ai", "example org", "видео", "画像を動画に", "변환", "العربية", "emoji", "glued", "snake case",
         "camelcase"]  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("is_deep", [False, True], ids=["description", "everything"])
@pytest.mark.parametrize("is_open", [False, True], ids=["whole", "beginning"])
def test_odd_texts_are_taken_apart_alike(
    make_endpoint: Make, asked: str, is_deep: bool, is_open: bool
) -> None:
    for number, text in enumerate(WRITTEN):
        make_endpoint(f"a/{number}", description=text, field_words=WRITTEN[number - 1])
    sought = [Sought((Phrase(tuple(spelling.words(spelling.plain(asked))), is_open),), is_deep)]
    found = []
    for connection in (indexes.connection, Fts5()):
        with connection.cursor() as cursor:
            cursor.execute(*search_index.matching(connection, sought))
            ((_, ids),) = cursor.fetchall()
        found.append(sorted(indexes.orjson.loads(ids)) if ids else [])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "asked",
    ["변환", "動画", "画像を動画", "видеомодель", "русский", "Größe", "grosse-größe", "CAFÉ"],
)
def test_words_of_any_script_are_found_and_marked(make_endpoint: Make, asked: str) -> None:
    make_endpoint("a/other", description="Something else altogether.")
    told = "변환 動画 画像を動画に видеомодель русский Größe, Grosse-Größe Café"
    make_endpoint("a/told", description=told)
    answer = search(Query(q=asked))
    assert [endpoint.endpoint_id for endpoint in answer.endpoints] == ["a/told"]
    assert answer.found is not None
    assert not answer.found.corrected
    found = marks(answer.found)
    assert found is not None
    assert "<mark>" in found.in_text(told)


def test_a_text_of_megabytes_is_kept_and_its_beginning_found(make_endpoint: Make) -> None:
    long = " ".join(f"w{number}" for number in range(300_000))
    make_endpoint("a/long", description=long, field_words=long)
    assert search(Query(q="w17")).total == 1
    assert search(Query(q='"w3 w4"')).total == 1
