"""Endpoints and schemas written quickly, in short transactions.

Django's own bulk methods build one long statement of all values, with a CASE for each update:
five times the time of a prepared statement, and most of it while the database is locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from catalog.models import Change, Endpoint, Schema

ROWS_PER_WRITE = 150  # keeps the write lock well below 50 ms
_AS_IT_IS = (models.CharField, models.TextField, models.IntegerField, models.FloatField, models.ForeignKey)  # fmt: skip
# What a power cut takes back of the catalogue the next sync brings again: no commit waits for the disk.
_HASTE = {
    "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA synchronous=FULL"),
    "postgresql": ("SET synchronous_commit=off", "RESET synchronous_commit"),
}


@contextmanager
def brief() -> Iterator[None]:
    """A transaction of what upstream can say again, or a part of the one that is there."""
    if connection.in_atomic_block:
        yield
        return
    before, after = _HASTE[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(before)
        try:
            with transaction.atomic():
                yield
        finally:
            cursor.execute(after)


def insert(rows: list[Endpoint], told: Sequence[Change] = ()) -> None:
    """Write new endpoints, and what is told of them."""
    columns = [column for column in Endpoint._meta.concrete_fields if not column.primary_key]
    names = ", ".join(str(column.column) for column in columns)
    places = ", ".join(["%s"] * len(columns))
    table = Endpoint._meta.db_table
    _execute(f"INSERT INTO {table} ({names}) VALUES ({places})", columns, rows, told)  # noqa: S608


def update(
    rows: Sequence[Endpoint] | Sequence[Schema],
    names: list[str],
    told: Sequence[Change] = (),
    keys: Sequence[str] = ("endpoint_id",),
) -> None:
    """Write some columns of rows that are still as `keys` say, and what is told of them."""
    if not rows:
        return
    meta = rows[0]._meta
    columns = [column for column in meta.concrete_fields if column.name in names]
    places = ", ".join(f"{column.column} = %s" for column in columns)
    found_by: list[Any] = [meta.get_field(key) for key in keys]
    where = " AND ".join(f"{key.column} = %s" for key in found_by)
    sql = f"UPDATE {meta.db_table} SET {places} WHERE {where}"  # noqa: S608
    _execute(sql, [*columns, *found_by], rows, told)


def add_schemas(documents: list[tuple[str, str]]) -> None:
    """Keep documents under their digests; another sync may have been quicker."""
    if not documents:
        return
    first, blank = documents[0], Schema(first_seen_at=timezone.now())
    rest = [one for one in Schema._meta.concrete_fields if one.name not in {"digest", "document"}]
    others = [one.get_db_prep_save(one.pre_save(blank, True), connection) for one in rest]
    names = ", ".join(["digest", "document", *(str(one.column) for one in rest)])
    places = ", ".join(["%s"] * (len(first) + len(rest)))
    sql = f"INSERT INTO {Schema._meta.db_table} ({names}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(*one, *others) for one in documents])


def _execute(sql: str, columns: list[Any], rows: Sequence[Any], told: Sequence[Change]) -> None:
    """Write rows, and what is told of them in the same transaction."""
    readers = [(column.attname, _ready(column)) for column in columns]
    for start in range(0, len(rows), ROWS_PER_WRITE):
        some = rows[start : start + ROWS_PER_WRITE]
        values = [_values(row, readers) for row in some]
        ids = {row.endpoint_id for row in some} if told else set()
        own = [change for change in told if change.endpoint.endpoint_id in ids]
        with brief():
            with connection.cursor() as cursor:
                cursor.executemany(sql, values)
            if own:
                _tell(own)


def _values(
    row: Endpoint | Schema, readers: list[tuple[str, Callable[[Any], Any] | None]]
) -> list[Any]:
    known = vars(row)
    return [
        value if prepare is None or value is None else prepare(value)
        for value, prepare in [(known[name], prepare) for name, prepare in readers]
    ]


def _ready(column: Any) -> Callable[[Any], Any] | None:
    """What makes a column's value one of the database's; nothing where it is one already.

    What many rows share, such as an empty list, is made ready once.
    """
    if isinstance(column, _AS_IT_IS):
        return None
    made: dict[int, tuple[Any, Any]] = {}  # id → the value, which keeps its id while it is here

    def ready(value: Any) -> Any:
        if id(value) not in made:
            made[id(value)] = value, column.get_db_prep_save(value, connection)
        return made[id(value)][1]

    return ready


def _tell(told: list[Change]) -> None:
    """Write changes down; an endpoint that is new has its key since a moment ago."""
    rows = {change.endpoint.endpoint_id: change.endpoint for change in told}
    unknown = [endpoint_id for endpoint_id, row in rows.items() if row.pk is None]
    if unknown:
        keys = Endpoint.objects.filter(endpoint_id__in=unknown).values_list("endpoint_id", "pk")
        for endpoint_id, key in keys:
            rows[endpoint_id].pk = key
    for change in told:
        change.endpoint = change.endpoint  # takes the key over
    Change.objects.bulk_create(told)
