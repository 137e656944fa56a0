"""Bulk inserts and updates of endpoints and schemas by prepared statements, in short transactions.

Django's bulk methods build one long statement with a CASE for each updated value, which takes
five times as long as a prepared statement, most of it while the database is locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from catalog.models import Change, Endpoint, Schema

ROWS_PER_WRITE = 150  # keeps the write lock well below 50 ms
# Fields whose Python values the database drivers accept unchanged.
_UNCONVERTED = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.FloatField,
    models.ForeignKey,
)
Entries = Mapping[str, str]
NO_ENTRIES: Entries = {}
_UPSERT_ENTRY = (
    "INSERT INTO catalog_listingentry (endpoint_id, text) "
    "SELECT id, %s FROM catalog_endpoint WHERE endpoint_id = %s "
    "ON CONFLICT (endpoint_id) DO UPDATE SET text = excluded.text"
)
# Commits do not wait for the disk: the next sync fetches again what a power cut loses.
_SYNCHRONOUS_OFF = {
    "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA synchronous=FULL"),
    "postgresql": ("SET synchronous_commit=off", "RESET synchronous_commit"),
}


@contextmanager
def short_transaction() -> Iterator[None]:
    """Open a transaction without fsync, for data that can be fetched again; join an open one."""
    if connection.in_atomic_block:
        yield
        return
    before, after = _SYNCHRONOUS_OFF[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(before)
        try:
            with transaction.atomic():
                yield
        finally:
            cursor.execute(after)


def insert(
    rows: list[Endpoint], changes: Sequence[Change] = (), entries: Entries = NO_ENTRIES
) -> None:
    """Insert new endpoints, each batch with its `changes` and `entries` in one transaction."""
    columns = [column for column in Endpoint._meta.concrete_fields if not column.primary_key]
    names = ", ".join(str(column.column) for column in columns)
    places = ", ".join(["%s"] * len(columns))
    table = Endpoint._meta.db_table
    _execute(f"INSERT INTO {table} ({names}) VALUES ({places})", columns, rows, changes, entries)  # noqa: S608


def update(
    rows: Sequence[Endpoint] | Sequence[Schema],
    names: list[str],
    changes: Sequence[Change] = (),
    keys: Sequence[str] = ("endpoint_id",),
    entries: Entries = NO_ENTRIES,
) -> None:
    """Update the columns `names` of rows found by the columns `keys`, and insert their `changes`.

    `entries` are their listing entries by endpoint id. A row whose keys differ in the database by
    now is left alone.
    """
    if not rows:
        return
    meta = rows[0]._meta
    columns = [column for column in meta.concrete_fields if column.name in names]
    places = ", ".join(f"{column.column} = %s" for column in columns)
    found_by: list[Any] = [meta.get_field(key) for key in keys]
    where = " AND ".join(f"{key.column} = %s" for key in found_by)
    sql = f"UPDATE {meta.db_table} SET {places} WHERE {where}"  # noqa: S608
    _execute(sql, [*columns, *found_by], rows, changes, entries)


def add_schemas(documents: list[tuple[str, str]]) -> None:
    """Insert (digest, document) pairs; a digest that exists already is skipped."""
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


def _execute(
    sql: str,
    columns: list[Any],
    rows: Sequence[Any],
    changes: Sequence[Change],
    entries: Entries,
) -> None:
    """Execute `sql` for each row, a batch a transaction, with that batch's changes and entries."""
    readers = [(column.attname, _converter(column)) for column in columns]
    for start in range(0, len(rows), ROWS_PER_WRITE):
        batch = rows[start : start + ROWS_PER_WRITE]
        values = [_values(row, readers) for row in batch]
        ids = {row.endpoint_id for row in batch} if changes else set()
        batch_changes = [change for change in changes if change.endpoint.endpoint_id in ids]
        with short_transaction():
            with connection.cursor() as cursor:
                cursor.executemany(sql, values)
                if texts := [(entries[i], i) for i in _ids(batch, entries)]:
                    cursor.executemany(_UPSERT_ENTRY, texts)
            if batch_changes:
                _insert_changes(batch_changes)


def _ids(batch: Sequence[Any], entries: Entries) -> list[str]:
    """The ids of those that have a new entry."""
    return [row.endpoint_id for row in batch if row.endpoint_id in entries] if entries else []


def _values(
    row: Endpoint | Schema, readers: list[tuple[str, Callable[[Any], Any] | None]]
) -> list[Any]:
    known = vars(row)
    return [
        value if prepare is None or value is None else prepare(value)
        for value, prepare in [(known[name], prepare) for name, prepare in readers]
    ]


def _converter(column: Any) -> Callable[[Any], Any] | None:
    """The function that converts a column's values for the database; None if none is needed.

    A value that many rows share, such as an empty list, is converted once.
    """
    if isinstance(column, _UNCONVERTED):
        return None
    # id(value) → the value, kept alive so that its id is not reused, and the result
    converted: dict[int, tuple[Any, Any]] = {}

    def convert(value: Any) -> Any:
        if id(value) not in converted:
            converted[id(value)] = value, column.get_db_prep_save(value, connection)
        return converted[id(value)][1]

    return convert


def _insert_changes(changes: list[Change]) -> None:
    """Insert changes, after loading the primary keys of endpoints that were just inserted."""
    rows = {change.endpoint.endpoint_id: change.endpoint for change in changes}
    unknown = [endpoint_id for endpoint_id, row in rows.items() if row.pk is None]
    if unknown:
        keys = Endpoint.objects.filter(endpoint_id__in=unknown).values_list("endpoint_id", "pk")
        for endpoint_id, key in keys:
            rows[endpoint_id].pk = key
    for change in changes:
        change.endpoint = change.endpoint  # sets change.endpoint_id
    Change.objects.bulk_create(changes)
