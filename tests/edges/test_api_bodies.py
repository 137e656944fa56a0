"""Each operation of the API gets each extreme value, in its parameters and in its body."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client

from api import resources, tokens
from api.contract.components import COMPONENTS
from api.contract.operation import JSON, OPERATIONS, Operation
from api.http import cursor
from tests.accounts.test_access import ENDPOINT, World
from tests.accounts.things import PLAIN
from tests.edges.test_routes import MEANT, encode_value, world
from tests.edges.values import TEXTS
from tests.sampling import one_of_each

assert resources  # importing it declares the operations
__all__ = ["world"]

pytestmark = [pytest.mark.django_db, pytest.mark.system]
HOLE = "a hole"
SHORT = [text for text in TEXTS if len(text) < 5000]
VALUES: list[Any] = [
    *TEXTS, [], {}, [[]], ["\ud800"], {"\ud800": "\ud800"}, {"a\x00": "\x00"}, True, None,
    -1, 10**30, 1e308, 0.1, [1] * 1000,
]  # fmt: skip
DEEP = ["[" * 500 + "]" * 500, "[" * 100_000, '{"a":' * 500 + "1" + "}" * 500]
CURSORS = [
    cursor.encode(at, key)
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00Z")
    for key in (10**30, -1, "\ud800", "x", "00000000-0000-0000-0000-000000000000")
]


@pytest.fixture
def browser(world: World) -> Client:
    _, secret = tokens.create(world.people["owner"], "edges", list(tokens.SCOPES))
    person = world.people["owner"]
    person.is_staff = person.is_superuser = True
    person.save()
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})


def failures(browser: Client, calls: Iterator[tuple[str, str, str]]) -> list[Any]:
    broken = []
    for method, address, body in calls:
        with transaction.atomic():
            response = browser.generic(method, address, body, JSON)
            transaction.set_rollback(True)
        if response.status_code >= 500 and response.status_code not in MEANT:
            broken.append((response.status_code, method, address[:200], body[:300]))
    return broken


def some_of(values: Sequence[str], count: int, of: object) -> list[str]:
    """Return `count` of the values; the choice depends on the seed and on `of`."""
    numbered = one_of_each(enumerate(values), lambda value: value[0] % count, of)
    return [value for _, value in numbered]


def address_of(operation: Operation, world: World) -> str:
    path = operation.path
    for part in operation.parameters:
        if part.where == "path":
            key = world.things.keys.get(part.name.partition("_")[0], 1)
            known = (PLAIN | world.things.parts).get(part.name, key)
            path = path.replace(f"{{{part.name}}}", str(known))
    return f"/api/v1{path}"


def smallest(schema: Any) -> Any:
    """Return the smallest value of a schema, for the ordinary parts."""
    if "$ref" in schema:
        return smallest(COMPONENTS[schema["$ref"].rpartition("/")[2]])
    if schema.get("properties"):
        needed = schema.get("required", ())
        return {name: smallest(schema["properties"][name]) for name in needed}
    for key in ("enum", "examples"):
        if schema.get(key):
            return schema[key][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    item = [smallest(schema.get("items", {}))] if schema.get("minItems") else []
    return {"array": item, "integer": 1, "number": 1, "boolean": True, "string": "x"}.get(kind, {})


def bodies(operation: Operation) -> Iterator[str]:
    """Yield an operation's bodies that are valid except for one extreme value."""
    if operation.body is None or operation.body.content_type != JSON:
        return
    schema = COMPONENTS[operation.body.component]
    whole = smallest(schema) | ({"endpoint_id": ENDPOINT} if "endpoint_id" in str(schema) else {})
    for name in schema.get("properties", {}):
        values = [
            json.dumps(made) for value in VALUES for made in (value, {"prompt": value}, [value])
        ]
        values += [*DEEP, "NaN", "1e400", "9" * 5000]
        for value in some_of(values, 3, (operation.path, operation.method, name)):
            yield json.dumps(whole | {name: HOLE}).replace(json.dumps(HOLE), value)


def calls(world: World) -> Iterator[tuple[str, str, str]]:
    for operation in OPERATIONS:
        address = address_of(operation, world)
        for part in operation.parameters:
            if part.where == "query":
                texts = [*SHORT, *CURSORS] if part.name == "cursor" else SHORT
                for text in some_of(texts, 2, (address, part.name)):
                    yield (
                        operation.method,
                        f"{address}?{quote(part.name)}={encode_value(text)}",
                        "{}",
                    )
        for body in bodies(operation):
            yield operation.method, address, body
        yield from ((operation.method, address, deep) for deep in some_of(DEEP, 1, address))


def test_no_call_ends_in_a_server_error(world, browser):
    broken = failures(browser, calls(world))
    assert not broken, "\n".join(map(str, broken))
