"""The product's sync, twice, in this process; prints its figures as JSON.

python -m bench.catalogue.sync_product DATABASE API KEY   (the settings come from the environment)
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import django
from django.db.backends.signals import connection_created

from bench.stage.process_usage import own_mb

CHANGES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
REPORT = "catalog_syncreport"  # describes the sync, not the catalogue: not counted


class Watch:
    """Counts rows written to the catalogue, and times the longest hold of the write lock."""

    def __init__(self) -> None:
        self.rows = 0
        self.longest_lock_ms = 0.0
        self._began = 0.0

    def connected(self, connection: Any, **_: Any) -> None:
        """Watch a connection from its first statement on."""
        connection.execute_wrappers.append(self._execute)
        for name in ("_commit", "_rollback"):
            setattr(connection, name, self._ending(getattr(connection, name)))

    def _execute(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        verb = sql.split(None, 1)[0].upper()
        alone = verb in CHANGES and not context["connection"].in_atomic_block
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if verb == "BEGIN":
                self._began = time.perf_counter()
            elif alone:
                self._held(start)
            if verb in CHANGES and REPORT not in sql:
                self.rows += max(context["cursor"].rowcount, 0)

    def _ending(self, end: Callable[[], Any]) -> Callable[[], Any]:
        def ended() -> Any:
            try:
                return end()
            finally:
                if self._began:
                    self._held(self._began)
                self._began = 0.0

        return ended

    def _held(self, since: float) -> None:
        self.longest_lock_ms = max(self.longest_lock_ms, (time.perf_counter() - since) * 1000)


async def measure(watch: Watch) -> dict[str, Any]:
    """Run a first sync and one without changes."""
    from catalog import upstream
    from catalog.models import Endpoint, Schema
    from catalog.sync import pipeline

    cpu = time.process_time()
    async with upstream.clients() as clients:
        before_mb = own_mb("VmHWM")  # here, since the clients are imported when they are made
        start = time.perf_counter()
        first = await pipeline.run(clients.platform)
        between = time.perf_counter()
        rows = watch.rows
        again = await pipeline.run(clients.platform)
        end = time.perf_counter()
    failures = [first.error, again.error, *first.failed, *again.failed]
    if any(failures):
        raise RuntimeError(f"the sync failed: {failures[:5]}")
    return {
        "first_s": between - start,
        "again_s": end - between,
        "rows_again": watch.rows - rows,
        "cpu_s": time.process_time() - cpu,
        "longest_lock_ms": watch.longest_lock_ms,
        "memory_mb": own_mb("VmHWM") - before_mb,
        "endpoints": await Endpoint.objects.acount(),
        "schemas": await Schema.objects.acount(),
    }


if __name__ == "__main__":
    django.setup()
    watch = Watch()
    connection_created.connect(watch.connected)
    print(json.dumps(asyncio.run(measure(watch))))
