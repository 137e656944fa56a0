"""The same sync as directly as possible: httpx, orjson, `executemany`; prints figures as JSON.

Writes the same rows to the same tables. The second time it fetches, parses and compares everything
and writes nothing.

    python -m bench.catalogue.sync_raw DATABASE API KEY
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx
import orjson

from bench.stage.process_usage import own_mb

AT_ONCE = 4
ALIKE = ("display_name", "category", "description", "status", "thumbnail_url", "model_url")
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"


class Raw:
    """One sync."""

    def __init__(self, database: str, api: str, key: str) -> None:
        self.database = sqlite3.connect(database, isolation_level=None)
        self.database.executescript(PRAGMAS)
        self.client = httpx.AsyncClient(headers={"authorization": f"Key {key}"}, timeout=60)
        self.api = api
        self.known_digests: set[str] = set()
        self.rows = 0
        self.longest_lock_ms = 0.0

    async def get(self, path: str, **params: Any) -> Any:
        """Return the parsed response of a GET."""
        return orjson.loads((await self.client.get(f"{self.api}{path}", params=params)).content)

    async def entries(self) -> list[Any]:
        """Return the complete listing, including deprecated endpoints."""
        page = await self.get("/models", limit=1000)
        models: list[Any] = page["models"]
        while page["has_more"]:
            page = await self.get("/models", limit=1000, cursor=page["next_cursor"])
            models += page["models"]
        return [*models, *(await self.get("/models", limit=1000, status="deprecated"))["models"]]

    async def run(self, *, writes: bool) -> None:
        """Fetch listing, schemas and prices."""
        entries = await self.entries()
        if writes:
            others = blanks(self.database, "catalog_endpoint", row(0, entries[0]))
            self.write(
                insert("catalog_endpoint", {**row(0, entries[0]), **others}),
                ((*row(n, entry).values(), *others.values()) for n, entry in enumerate(entries)),
            )
        ids = [entry["endpoint_id"] for entry in entries]
        await at_once(self.schemas, ids, 10)
        await at_once(self.prices if writes else self.read_prices, ids, 50)

    async def schemas(self, ids: list[str]) -> None:
        """Fetch and store new documents."""
        page = await self.get("/models", endpoint_id=ids, limit=len(ids), expand="openapi-3.0")
        rows, links = [], []
        for entry in page["models"]:
            text = orjson.dumps(entry["openapi"])
            digest = hashlib.sha256(text).hexdigest()
            if digest not in self.known_digests:
                self.known_digests.add(digest)
                rows.append((digest, text.decode(), "2026-01-01 00:00:00"))
                links.append((digest, entry["metadata"]["updated_at"], entry["endpoint_id"]))
        if rows:
            columns = dict.fromkeys(("digest", "document", "first_seen_at"))
            others = blanks(self.database, "catalog_schema", columns)
            self.write(
                insert("catalog_schema", columns | others),
                ((*row, *others.values()) for row in rows),
            )
            self.write(
                "UPDATE catalog_endpoint SET schema_id = ?, schema_updated = ? WHERE endpoint_id "
                "= ?",
                links,
            )

    async def read_prices(self, ids: list[str]) -> list[Any]:
        """Return the prices of these endpoints."""
        answer = await self.get("/models/pricing", endpoint_id=ids)
        prices: list[Any] = answer["prices"]
        return prices

    async def prices(self, ids: list[str]) -> None:
        """Store the prices of these endpoints."""
        prices = await self.read_prices(ids)
        rows = [
            tuple(p[k] for k in ("unit_price", "unit", "currency", "endpoint_id")) for p in prices
        ]
        self.write(
            "UPDATE catalog_endpoint SET unit_price_usd = ?, price_unit = ?, currency = ? WHERE "
            "endpoint_id = ?",
            rows,
        )

    def write(self, sql: str, rows: Any) -> None:
        """Write rows in one transaction."""
        self.database.execute("BEGIN IMMEDIATE")
        start = time.perf_counter()
        self.rows += self.database.executemany(sql, rows).rowcount
        self.database.execute("COMMIT")
        self.longest_lock_ms = max(self.longest_lock_ms, (time.perf_counter() - start) * 1000)

    def count(self, table: str) -> int:
        """Return a table's number of rows."""
        return int(self.database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def row(position: int, entry: Any) -> dict[str, Any]:
    """Return the columns of an endpoint."""
    data = entry["metadata"]
    group = data.get("group") or {"key": "", "label": ""}
    return {
        **{name: data[name] for name in ALIKE},
        "endpoint_id": entry["endpoint_id"],
        "owner": entry["endpoint_id"].partition("/")[0],
        "tags": orjson.dumps(data["tags"]).decode(),
        "license_type": data["license_type"],
        "kind": data["kind"],
        "group_key": group["key"],
        "group_label": group["label"],
        "training_endpoint_ids": "[]",
        "inference_endpoint_ids": "[]",
        "duration_estimate_min": data.get("duration_estimate"),
        "published_at": data["date"][:19].replace("T", " "),
        "updated_at": data["updated_at"][:19].replace("T", " "),
        "upstream_updated": data["updated_at"],
        "position": position,
        "price_unit": "",
        "currency": "",
        "schema_updated": "",
        "first_seen_at": "2026-01-01 00:00:00",
    }


def blanks(database: sqlite3.Connection, table: str, filled: Iterable[str]) -> dict[str, Any]:
    """Return an empty value for every other column that must not be null."""
    columns = database.execute(f"PRAGMA table_info({table})").fetchall()
    empty = {"integer": 0, "smallint unsigned": 0, "bool": 0}
    needed = ((name, kind) for _, name, kind, must, _, is_key in columns if must and not is_key)
    return {name: empty.get(kind, "[]") for name, kind in needed if name not in filled}


def insert(table: str, columns: dict[str, Any]) -> str:
    """Return the INSERT statement for these columns."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


async def at_once(step: Callable[[list[str]], Awaitable[Any]], ids: list[str], size: int) -> None:
    """Process batches, a few at a time."""
    batches = iter([ids[start : start + size] for start in range(0, len(ids), size)])

    async def work() -> None:
        for batch in batches:
            await step(batch)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def measure(raw: Raw) -> dict[str, Any]:
    """Run a first sync, and one without changes."""
    cpu = time.process_time()
    before_mb = own_mb("VmHWM")
    marks = [time.perf_counter()]
    rows = []
    for writes in (True, False):
        await raw.run(writes=writes)
        marks.append(time.perf_counter())
        rows.append(raw.rows)
    await raw.client.aclose()
    return {
        "first_s": marks[1] - marks[0],
        "again_s": marks[2] - marks[1],
        "rows_again": rows[1] - rows[0],
        "cpu_s": time.process_time() - cpu,
        "longest_lock_ms": raw.longest_lock_ms,
        "memory_mb": own_mb("VmHWM") - before_mb,
        "endpoints": raw.count("catalog_endpoint"),
        "schemas": raw.count("catalog_schema"),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(Raw(*sys.argv[1:])))))
