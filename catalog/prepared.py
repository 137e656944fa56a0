"""Questions to the database that are put together once.

Django writes a query anew each time it is asked: it looks names up, finds joins, writes SQL. For what every
run or every key stroke asks, that takes several times as long as the answer. What is written here with
slots is kept for each connection and asked again with other values; what comes back is what Django's
own queryset would have given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import UpdateQuery

T = TypeVar("T")
ROWS_TOGETHER = 100  # of so many a statement has no more parameters than databases bear
_KEPT = "_prepared"  # on the connection: what is kept lives as long as that, in the same thread


class Slot(models.Expression):
    """Stands in a queryset for a value of a kind of field, which is told by name when it is asked."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """A placeholder, and as its parameter this slot itself: the value is put in later."""
        return "%s", (self,)

    def told(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """The value as the database takes it."""
        return self.output_field.get_db_prep_save(value, connection)


class Slots(Slot):
    """Stands for any number of values after `__in`."""

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """One placeholder for all of them."""
        if connection.vendor == "sqlite":
            return "(SELECT value FROM json_each(%s))", (self,)
        return f"(SELECT unnest(%s::{self.output_field.rel_db_type(connection)}[]))", (self,)

    def told(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """The values as one parameter."""
        told = super().told
        values = [told(one, connection) for one in value]
        return orjson.dumps(values).decode() if connection.vendor == "sqlite" else values


class Prepared(Generic[T]):
    """A queryset with slots, put together when it is first asked."""

    def __init__(self, write: Callable[[], models.QuerySet[Any, T]]) -> None:
        self.write = write

    def all(self, **values: Any) -> list[T]:
        """Every row; `values` are those of the slots, by name."""
        question: _Question = _kept(self, lambda connection: _Question(self.write(), connection))
        return question.ask(values)

    def first(self, **values: Any) -> T | None:
        """The row of a question that finds one or none."""
        return next(iter(self.all(**values)), None)

    def get(self, **values: Any) -> T:
        """The one row; raises the model's DoesNotExist where there is none."""
        found = self.first(**values)
        if found is None:
            raise self.write().model.DoesNotExist
        return found


class PreparedUpdate:
    """An update of the rows of a queryset with slots; what it sets may be slots, too."""

    def __init__(self, write: Callable[[], models.QuerySet[Any, Any]], **columns: Any) -> None:
        self.write = write
        self.columns = columns

    def run(self, **values: Any) -> int:
        """Write; how many rows there were."""
        statement: _Statement = _kept(self, self._written)
        with statement.connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.told(values))
            return int(cursor.rowcount)

    def _written(self, connection: BaseDatabaseWrapper) -> _Statement:
        query: Any = self.write().query.chain(UpdateQuery)
        query.add_update_values(self.columns)
        return _Statement(query.get_compiler(connection=connection), connection)


_updates: dict[tuple[type[models.Model], tuple[str, ...]], PreparedUpdate] = {}


def change(row: models.Model, values: Mapping[str, Any]) -> None:
    """Write these columns of a row; what its object holds is left as it is."""
    model, key = type(row), (type(row), tuple(values))
    if key not in _updates:
        columns = {name: Slot(name, model._meta.get_field(name)) for name in values}  # type: ignore[arg-type]
        own = Slot("_pk", model._meta.pk)
        _updates[key] = PreparedUpdate(lambda: model._default_manager.filter(pk=own), **columns)
    _updates[key].run(_pk=row.pk, **values)


def insert(*rows: models.Model) -> bool:
    """Write new rows of one model, as few statements as may be, as `bulk_create` would; no signal is sent.

    Where the database makes the key, the objects do not hear of it. False where another row has what
    only one may have: that row is not written then. Raises IntegrityError where a row breaks another
    rule of the table.
    """
    connection, meta = connections[DEFAULT_DB_ALIAS], rows[0]._meta
    fields = [field for field in meta.local_concrete_fields if field is not meta.auto_field]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    into = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES "  # noqa: S608
    new = 0
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_TOGETHER):
            some = rows[start : start + ROWS_TOGETHER]
            values = [
                field.get_db_prep_save(field.pre_save(row, True), connection)
                for row in some
                for field in fields
            ]
            all_places = ", ".join([f"({places})"] * len(some))
            cursor.execute(f"{into}{all_places} ON CONFLICT DO NOTHING", values)
            new += cursor.rowcount
    if is_new := new == len(rows):
        for row in rows:
            row._state.adding, row._state.db = False, connection.alias
    return is_new


def _kept(owner: object, write: Callable[[BaseDatabaseWrapper], Any]) -> Any:
    """What this thread's connection keeps for an owner, written when it is first wanted."""
    connection = connections[DEFAULT_DB_ALIAS]
    kept = vars(connection).setdefault(_KEPT, {})
    if owner not in kept:
        kept[owner] = write(connection)
    return kept[owner]


class _Statement:
    """SQL with its parameters, some of them slots."""

    def __init__(self, compiler: Any, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.sql, self.parameters = compiler.as_sql()

    def told(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters, with the values in the slots."""
        connection = self.connection
        return [
            one.told(values[one.name], connection) if isinstance(one, Slot) else one
            for one in self.parameters
        ]


class _Question:
    """A queryset as one connection asks it.

    The queryset's own way of reading rows is left as it is; only what it would work out anew each
    time, the statement and what makes values of the columns, is kept.
    """

    def __init__(
        self, queryset: models.QuerySet[Any, Any], connection: BaseDatabaseWrapper
    ) -> None:
        self.queryset: Any = queryset
        compiler: Any = queryset.query.get_compiler(connection=connection)
        self.statement = _Statement(compiler, connection)
        self.values: Mapping[str, Any] = {}
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(columns)
        vars(compiler).update(as_sql=self._as_sql, get_converters=lambda _: converters)
        vars(queryset.query)["get_compiler"] = lambda *_, **__: compiler

    def ask(self, values: Mapping[str, Any]) -> list[Any]:
        """The rows, as the queryset reads them."""
        self.values = values
        found = [*self.queryset._iterable_class(self.queryset)]
        if lookups := self.queryset._prefetch_related_lookups:
            models.prefetch_related_objects(found, *lookups)
        return found

    def _as_sql(self) -> tuple[str, list[Any]]:
        return self.statement.sql, self.statement.told(self.values)
