"""A PostgreSQL connection that saves round trips to the server around each transaction."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL connection; sends extra statements along with BEGIN and COMMIT."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Statements to send with the commit; a dict keeps their order and drops repetitions.
        self._at_commit: dict[str, None] = {}

    def is_usable(self) -> bool:
        """Return whether the server is still connected, without a round trip.

        Django calls this before the first query of each request. A server that closes an idle
        connection sends a message first, and sends nothing else on one, so an idle socket with
        something to read is a closed connection.
        """
        if self.connection is None or self.connection.closed:
            return False
        pgconn = self.connection.pgconn
        poll = select.poll()
        poll.register(pgconn.socket, select.POLLIN)
        return pgconn.transaction_status != TransactionStatus.INERROR and not poll.poll(0)

    def execute_with_commit(self, statement: str) -> None:
        """Send `statement`, such as NOTIFY, in the same round trip as the transaction's COMMIT.

        Outside of a transaction it runs at once. The statement takes no parameters and returns no
        rows. Sent on its own, it would add a round trip while somebody waits for the commit.
        """
        if self.in_atomic_block:
            self._at_commit[statement] = None
        else:
            with self.cursor() as cursor:
                cursor.execute(statement)

    def execute_with_begin(self, statement: str) -> None:
        """Send `statement` as the first of a transaction, in the same round trip as its BEGIN.

        The statement takes no parameters; its rows are discarded. Raises Django's DatabaseError.
        """
        self.ensure_connection()
        pgconn = self.connection.pgconn
        if pgconn.transaction_status == TransactionStatus.IDLE:
            statement = f"BEGIN; {statement}"
        with debug_transaction(self, statement), self.wrap_database_errors:
            result = pgconn.exec_(statement.encode())
            if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
                raise error_from_result(result)

    def _commit(self) -> None:
        if self.connection is None or not self._at_commit:
            super()._commit()  # type: ignore[misc]  # missing from the stubs
            return
        statements, self._at_commit = "; ".join([*self._at_commit, "COMMIT"]), {}
        with debug_transaction(self, statements), self.wrap_database_errors:
            # A prepared statement cannot hold several statements.
            self.connection.execute(statements, prepare=False)

    def _rollback(self) -> None:
        self._at_commit = {}
        super()._rollback()  # type: ignore[misc]  # missing from the stubs

    def close(self) -> None:
        """Close the connection and drop the statements that waited for its commit."""
        self._at_commit = {}
        super().close()
