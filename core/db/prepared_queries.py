"""Querysets whose SQL is compiled once for each connection.

Django resolves names and joins and writes SQL each time a queryset is evaluated. For queries that
run for every run or every key stroke, that takes several times as long as executing the SQL. A
`PreparedQuery` is a queryset with parameters: it is compiled on first use and returns the same
objects as Django.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1  # of the widest column of whole numbers
_CACHE_ATTRIBUTE = "_prepared"  # on the connection, so the cache has its lifetime and thread


class Param(models.Expression):
    """A named parameter in a queryset; its value is converted as for `field`."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a placeholder with this object as its parameter; `bind` replaces it later."""
        return "%s", (self,)

    def bind(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Convert the value for the database.

        Raises EmptyResultSet, as Django's own lookups do, for a number that no column can hold,
        such as one in an address: SQLite refuses it.
        """
        if isinstance(value, int) and not _LEAST <= value <= _MOST:
            raise EmptyResultSet
        return self.output_field.get_db_prep_save(value, connection)


class ParamList(Param):
    """A named parameter for any number of values after `__in`."""

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return one placeholder for all values."""
        if connection.vendor == "sqlite":
            return "(SELECT value FROM json_each(%s))", (self,)
        return f"(SELECT unnest(%s::{self.output_field.rel_db_type(connection)}[]))", (self,)

    def bind(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Convert the values into one parameter: JSON on SQLite, an array on PostgreSQL."""
        bind_item = super().bind
        values = [bind_item(item, connection) for item in value]
        return orjson.dumps(values).decode() if connection.vendor == "sqlite" else values


class PreparedQuery(Generic[T]):
    """The queryset that `build` returns, with parameters; compiled on first use."""

    def __init__(self, build: Callable[[], models.QuerySet[Any, T]]) -> None:
        self.build = build

    def all(self, **values: Any) -> list[T]:
        """Return every row; `values` are the parameters by name."""
        connection = connections[DEFAULT_DB_ALIAS]
        cache = vars(connection).setdefault(_CACHE_ATTRIBUTE, {})
        if self not in cache:
            cache[self] = _CompiledQuery(self.build(), connection)
        return cast("_CompiledQuery", cache[self]).fetch(values)

    def first(self, **values: Any) -> T | None:
        """Return the first row, or None; the queryset should match at most one."""
        return next(iter(self.all(**values)), None)

    def get(self, **values: Any) -> T:
        """Return the first row; raises the model's DoesNotExist if there is none."""
        row = self.first(**values)
        if row is None:
            raise self.build().model.DoesNotExist
        return row


class _CompiledQuery:
    """A queryset compiled for one connection.

    Django still builds the objects from the rows; only the SQL and the columns' converters, which
    it would work out at each evaluation, are cached.
    """

    def __init__(
        self, queryset: models.QuerySet[Any, Any], connection: BaseDatabaseWrapper
    ) -> None:
        self.queryset: Any = queryset
        compiler: Any = queryset.query.get_compiler(connection=connection)
        self.connection = connection
        self.sql, self.parameters = compiler.as_sql()
        self.values: Mapping[str, Any] = {}
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(columns)
        vars(compiler).update(as_sql=self._as_sql, get_converters=lambda _: converters)
        vars(queryset.query)["get_compiler"] = lambda *_, **__: compiler

    def fetch(self, values: Mapping[str, Any]) -> list[Any]:
        """Execute the query; return the rows as the queryset would."""
        self.values = values
        try:
            rows = [*self.queryset._iterable_class(self.queryset)]
        except EmptyResultSet:
            return []
        if lookups := self.queryset._prefetch_related_lookups:
            models.prefetch_related_objects(rows, *lookups)
        return rows

    def _as_sql(self) -> tuple[str, list[Any]]:
        return self.sql, [
            parameter.bind(self.values[parameter.name], self.connection)
            if isinstance(parameter, Param)
            else parameter
            for parameter in self.parameters
        ]


@contextmanager
def custom_plans() -> Iterator[None]:
    """Make PostgreSQL plan each query in the block for its own values, without parallel workers.

    A frequent statement gets one plan for any values, even for any page length: to show 49 of a
    million runs, such a plan sorted all runs of the project (a second, not two milliseconds).
    Another searched all runs by time for a rare word (476 ms at 100,000 runs), not the index of
    words (3 ms). Starting parallel workers takes longer than reading a page's few rows (397 ms, not
    91, for a thousand rows of a million).
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL plan_cache_mode = force_custom_plan; "
            "SET LOCAL max_parallel_workers_per_gather = 0"
        )
        yield
