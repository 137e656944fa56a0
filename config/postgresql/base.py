"""The connection: Django's own, with fewer trips to the server where somebody waits."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._to_tell: dict[str, None] = {}

    def is_usable(self) -> bool:
        """Whether the server is still there, without asking it: one that has ended the connection has said so.

        Asked before each request's first question; nobody else has anything to say on an idle connection.
        """
        if self.connection is None or self.connection.closed:
            return False
        server = self.connection.pgconn
        said = select.poll()
        said.register(server.socket, select.POLLIN)
        return server.transaction_status != TransactionStatus.INERROR and not said.poll(0)

    def tell(self, statement: str) -> None:
        """Say something to others, such as NOTIFY, together with the commit; at once where there is none to come.

        The statement has no parameters and no answer. On its own it would cost each change one more
        trip to the server while somebody waits for the commit.
        """
        if self.in_atomic_block:
            self._to_tell[statement] = None
        else:
            with self.cursor() as cursor:
                cursor.execute(statement)

    def begin(self, statement: str) -> None:
        """Say something as the first of a transaction, together with its BEGIN.

        The statement has no parameters, and its answer is not read.
        """
        self.ensure_connection()
        server = self.connection.pgconn
        if server.transaction_status == TransactionStatus.IDLE:
            statement = f"BEGIN; {statement}"
        with debug_transaction(self, statement), self.wrap_database_errors:
            answer = server.exec_(statement.encode())
            if answer.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
                raise error_from_result(answer)

    def _commit(self) -> None:
        if self.connection is None or not self._to_tell:
            return super()._commit()
        statements, self._to_tell = "; ".join([*self._to_tell, "COMMIT"]), {}
        with debug_transaction(self, statements), self.wrap_database_errors:
            self.connection.execute(statements, prepare=False)  # several are never a prepared one
        return None

    def _rollback(self) -> None:
        self._to_tell = {}
        return super()._rollback()

    def close(self) -> None:
        """Close it; what was to be told goes with its transaction."""
        self._to_tell = {}
        super().close()
