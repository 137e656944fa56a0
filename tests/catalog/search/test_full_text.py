"""Texts are found by words, beginnings and phrases of any script, as SQLite's FTS5 finds them."""

import sqlite3
from collections.abc import Callable
from itertools import product

import pytest
from django.utils import timezone

from catalog.models import Endpoint, Revision
from catalog.search import index as indexes
from catalog.search import spelling
from catalog.search.engine import search
from catalog.search.full_text import index_texts
from catalog.search.query import Query
from tests.catalog.search.realistic import entries
from tests.tables import each_row

pytestmark = pytest.mark.both_databases

Make = Callable[..., Endpoint]


def fts5(texts: list[str], words: list[str], *, is_open: bool) -> set[int]:
    """Return the positions of the texts that FTS5 finds."""
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE VIRTUAL TABLE t USING fts5 (x, tokenize='unicode61 remove_diacritics 2')"
    )
    database.executemany("INSERT INTO t (rowid, x) VALUES (?, ?)", enumerate(texts))
    phrase = f'"{" ".join(words)}"{"*" if is_open else ""}'
    return {place for (place,) in database.execute("SELECT rowid FROM t WHERE t MATCH ?", [phrase])}


WRITTEN = [
    "Größe, Bücher & Straßen: naïve café",
    "A 10-second 1080p clip in 16:9 at 24fps; v2.1 and 3.5-turbo, 1e5 -7 +3",
    "see https://fal.ai/models/flux?x=1#top or mail a.b@example.org",
    "Модель для видео, 画像を動画に 변환, العربية من اليمين",
    "👩‍🚀 emoji🎬glued ™ x² snake_case camelCase",
    "",
]
ASKED = [
    "grosse", "große", "strassen", "bucher", "cafe", "10", "second", "1080p", "16 9", "v2 1",
    "3 5 turbo", "1e5", "7", "fal ai", "example org", "видео", "画像を動画に", "변환", "العربية",
    "emoji", "glued", "snake case", "camelcase",
]  # fmt: skip


@each_row("typed", ASKED)
@each_row("is_open", [False, True], ids=["whole", "beginning"])
def test_odd_texts_are_tokenized_as_by_fts5(typed, is_open):
    words = spelling.split_words(spelling.normalize(typed))
    matches = set(index_texts(tuple(WRITTEN)).find(words, is_open=is_open))
    assert matches == fts5(WRITTEN, words, is_open=is_open)


PHRASES = [
    "image", "im", "video", "text to image", "v2 1", "cinematic", "smooth mo", "url of the", "pro",
    "turbo lite", "guidance_scale", "édit", "edit",
]  # fmt: skip


def test_phrases_are_found_in_their_lines(db, make_endpoint):
    now = timezone.now()
    Endpoint.objects.bulk_create(Endpoint(first_seen_at=now, **entry) for entry in entries(150))
    make_endpoint("z/text", description="Édit v2.1", field_words="guidance scale")
    index = indexes.current(Revision.current())
    rows = {row.pk: row for row in Endpoint.objects.all()}
    for name, text in (("description", index.descriptions), ("field_words", index.fields)):
        written = [getattr(rows[key], name) for key in index.keys]
        lines = [
            f" {' '.join(spelling.split_words(spelling.normalize(line)))} " for line in written
        ]
        for phrase, is_open in product(PHRASES, (True, False)):
            words = spelling.split_words(spelling.normalize(phrase))
            part = f" {' '.join(words)}{'' if is_open else ' '}"
            wanted = {place for place, line in enumerate(lines) if part in line}
            assert set(text.find(words, is_open=is_open)) == wanted, (name, words, is_open)


@pytest.mark.parametrize(
    "typed",
    ["변환", "動画", "画像を動画", "видеомодель", "русский", "Größe", "grosse-größe", "CAFÉ"],
)
def test_words_of_any_script_are_found_and_marked(make_endpoint, typed):
    make_endpoint("a/other", description="Something else altogether.")
    description = "변환 動画 画像を動画に видеомодель русский Größe, Grosse-Größe Café"
    make_endpoint("a/told", description=description)
    answer = search(Query(q=typed))
    assert [endpoint.endpoint_id for endpoint in answer.endpoints] == ["a/told"]
    assert answer.found is not None
    assert not answer.found.corrected
