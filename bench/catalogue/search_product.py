"""Search over a synthetic catalogue in this process, alternating with raw queries on the same rows.

Prints JSON.

python -m bench.catalogue.search_product COUNT ROUNDS FILE  (settings come from the environment)

The raw reference does the minimum that any answer needs: the first 24 hits by `bm25` (or `ts_rank`)
with their columns, and two facets by `GROUP BY`. It has no further ranking or counts, no synonyms,
no spelling correction, no field texts, and renders nothing.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import django

from bench.catalogue.realistic import CATEGORIES, entries, listed

CARDS = 24
WANTS = [
    words.replace("-", " ")
    for words in listed(
        "image video speech fast-video realistic-portraits upscale lora-training edit-image "
        "lipsync-avatar smooth-motion background cinematic-video music text studio-voices"
    )
]
RAW_SQLITE = (
    "SELECT e.* FROM raw_search s JOIN raw_endpoint e ON e.id = s.rowid WHERE raw_search MATCH ? "
    f"ORDER BY bm25(raw_search, 8, 4, 1) LIMIT {CARDS}",
    "SELECT category, count(*) FROM raw_endpoint WHERE id IN "
    "(SELECT rowid FROM raw_search WHERE raw_search MATCH ?) GROUP BY category",
    "SELECT license_type, count(*) FROM raw_endpoint WHERE id IN "
    "(SELECT rowid FROM raw_search WHERE raw_search MATCH ?) GROUP BY license_type",
)
RAW_POSTGRESQL = (
    "SELECT * FROM raw_endpoint WHERE words @@ %s::tsquery "
    f"ORDER BY ts_rank(words, %s::tsquery) DESC LIMIT {CARDS}",
    "SELECT category, count(*) FROM raw_endpoint WHERE words @@ %s::tsquery GROUP BY category",
    "SELECT license_type, count(*) FROM raw_endpoint WHERE words @@ %s::tsquery GROUP BY "
    "license_type",
)
COLUMNS = (
    "id, endpoint_id || ' ' || display_name AS name, category, description, license_type, "
    "unit_price_usd"
)
TABLES_SQLITE = (
    f"CREATE TABLE raw_endpoint AS SELECT {COLUMNS}, category || ' ' || "
    "(SELECT coalesce(group_concat(value, ' '), '') FROM json_each(tags)) AS tags FROM "
    "catalog_endpoint",
    "CREATE UNIQUE INDEX raw_id ON raw_endpoint (id)",
    "CREATE VIRTUAL TABLE raw_search USING fts5 "
    "(name, tags, description, content='raw_endpoint', content_rowid='id', prefix='2 3')",
    "INSERT INTO raw_search (raw_search) VALUES ('rebuild')",
    "ANALYZE",
)
TABLES_POSTGRESQL = (
    f"CREATE TABLE raw_endpoint AS SELECT {COLUMNS}, "
    "setweight(to_tsvector('simple', translate(endpoint_id, '/-.', '   ') || ' ' || display_name), "
    "'A') || "
    "setweight(to_tsvector('simple', category || ' ' || tags::text), 'B') || "
    "setweight(to_tsvector('simple', description), 'C') AS words FROM catalog_endpoint",
    "CREATE INDEX raw_words ON raw_endpoint USING gin (words)",
    "ANALYZE",  # all tables, including the product's; autovacuum does it within a minute
)


def main(count: int, rounds: int) -> dict[str, Any]:
    """Return the milliseconds of each query, and how many hits there are of one."""
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    fill(count)
    raw = prepare()
    from catalog.models import Revision
    from catalog.search import index

    search_index = index.current(Revision.current())
    gc.collect()
    questions = typed(count, rounds)
    ours = product_search(search_index)
    times: dict[str, list[float]] = {"raw": [], "product": [], "raw again": []}
    for question in questions[:20]:
        raw(question)
        ours(question)
    for question in questions:
        for name, answer in (("raw", raw), ("product", ours), ("raw again", raw)):
            times[name].append(timed(answer, question))
    hits = [ours(question) for question in questions[:50]]
    return {
        "vendor": connection.vendor,
        "times": times,
        "hits": sum(hits) / len(hits),
    }


def fill(count: int) -> None:
    """Insert the rows that a sync would write."""
    from django.utils import timezone

    from catalog.models import Endpoint

    rows = (Endpoint(first_seen_at=timezone.now(), **columns) for columns in entries(count))
    while some := list(islice(rows, 1000)):
        Endpoint.objects.bulk_create(some, batch_size=500)


def prepare() -> Callable[[str], Any]:
    """Insert the same rows into separate tables; return the function that runs the raw queries."""
    from django.db import connection

    tables = TABLES_SQLITE if connection.vendor == "sqlite" else TABLES_POSTGRESQL
    with connection.cursor() as cursor:
        for sql in tables:
            cursor.execute(sql)
    connection.ensure_connection()
    database: Any = connection.connection

    def sqlite(question: str) -> Any:
        match = " ".join(f'"{word}"*' for word in question.split())
        return [database.execute(sql, [match]).fetchall() for sql in RAW_SQLITE]

    def postgresql(question: str) -> Any:
        match = " & ".join(f"{word}:*" for word in question.split())
        return [
            database.execute(sql, [match] * sql.count("%s")).fetchall() for sql in RAW_POSTGRESQL
        ]

    return sqlite if connection.vendor == "sqlite" else postgresql


def product_search(search_index: Any) -> Callable[[str], int]:
    """Return the product's search; sets that the index computes once (for facets) stay cached."""
    from catalog.models import Revision
    from catalog.search.engine import search
    from catalog.search.query import Query

    def answer(question: str) -> int:
        assert Revision.current() == search_index.token
        return search(Query(q=question), index=search_index).total

    return answer


def typed(count: int, rounds: int) -> list[str]:
    """Return words with many and few hits: names, typical queries, word prefixes."""
    dice = random.Random(count)
    names = [entry["display_name"].lower().split() for entry in entries(min(count, 3000))]
    tasks = [word.replace("-", " ") for word in CATEGORIES]
    questions = []
    for number in range(rounds):
        name = dice.choice(names)
        questions.append(
            [
                name[0],
                " ".join(word for word in name[:2] if word.isalnum()),
                name[0][: dice.randint(2, 5)],
                dice.choice(WANTS),
                dice.choice(tasks),
                f"{name[0]} {dice.choice(WANTS).split()[0]}",
            ][number % 6]
        )
    return questions


def timed(answer: Callable[[str], Any], question: str) -> float:
    """Return the milliseconds that one query takes."""
    started = time.perf_counter()
    answer(question)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    gc.freeze()
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
