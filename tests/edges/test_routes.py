"""Each route gets extreme values: in each of its parameters, its form, its path and its body.

`make test` gives each parameter of some routes one value by GET and by POST, and each part of a
path one value by either; `make test-all` gives all of them every value by both.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, resolve

from tests.accounts.test_access import ENDPOINT, NAMES, World
from tests.edges.values import TEXTS, names_of
from tests.sampling import one_of_each, sample

pytestmark = [pytest.mark.django_db, pytest.mark.system]
MEANT = {501, 507}  # the proxy does not offer this; the storage accepts no file
ROUTES = [name for name in sorted(NAMES) if name != "operations:healthz"]


@pytest.fixture(autouse=True)
def no_log() -> Iterator[None]:
    """Switch logs off: pytest keeps the records, which hold the requests, 15 GB for all routes."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def world(make_endpoint: Any, documents: Any, settings: Any) -> Iterator[World]:
    settings.REALTIME_URL = "wss://vitrine.test/live"
    file = default_storage.save("tests/edges.png", ContentFile(b"\x89PNG\r\n\x1a\n"))
    yield World(make_endpoint(ENDPOINT, documents[ENDPOINT], tags=["realtime"]), file)
    default_storage.delete(file)


@pytest.fixture
def browser(world: World) -> Client:
    browser = Client(raise_request_exception=False)
    browser.cookies = world.cookies["superuser"]
    return browser


def encode_value(text: str) -> str:
    """Return a value as a browser or an attacker writes it in an address, even a lone surrogate."""
    return quote(text.encode("utf-8", "surrogatepass"))


def status_of(browser: Client, method: str, address: str, body: str = "") -> int:
    """Return the status of a response, and undo its effects."""
    form = "application/x-www-form-urlencoded"
    with transaction.atomic():
        response: Any = browser.generic(method, address, body, form)
        if response.streaming:
            b"".join(response.streaming_content)  # reading to the end closes the file
        transaction.set_rollback(True)
    return int(response.status_code)


def app_of(address: str) -> str:
    """Return the folder of the app that answers: `playground`, `features/boards`."""
    folder, name, *_ = resolve(address.partition("?")[0]).func.__module__.split(".")
    return f"{folder}/{name}" if folder == "features" else folder


def failures(browser: Client, requests: Iterator[tuple[str, str, str]]) -> list[Any]:
    """Return the requests that ended in a server error, shortened for reading."""
    return [
        (status, method, address[:200], body[:200])
        for method, address, body in requests
        if (status := status_of(browser, method, address, body)) >= 500 and status not in MEANT
    ]


def requests_of_route(address: str, first: int) -> Iterator[tuple[str, str, str]]:
    """Yield requests of a route with a value in each parameter that its app reads.

    In each turn, every parameter gets the next value. The first turn is `first`, so that the only
    turn of `make test` differs between routes.
    """
    names = [name for name in names_of(app_of(address)) if name != "csrfmiddlewaretoken"]
    path, _, query = address.partition("?")
    short = [text for text in TEXTS if len(text) < 5000]
    for turn in sample([*range(first, len(TEXTS)), *range(first)], 1):
        yield "GET", f"{path}?{query}&{_fill_query(names, short, turn)}", ""
        yield "POST", address, _fill_query(names, TEXTS, turn)


def _fill_query(names: Sequence[str], texts: Sequence[str], turn: int) -> str:
    values = (encode_value(texts[(turn + at) % len(texts)]) for at in range(len(names)))
    return "&".join(f"{quote(name)}={value}" for name, value in zip(names, values, strict=True))


def test_no_parameter_ends_in_a_server_error(world, browser):
    asks = (
        requests_of_route(world.address(name), number % len(TEXTS))
        for number, name in sample([*enumerate(ROUTES)], 30, by_seed=30)
    )
    broken = [failure for requests in asks for failure in failures(browser, requests)]
    assert not broken, "\n".join(map(str, broken))


def test_no_path_ends_in_a_server_error(world, browser):
    short = [encode_value(text) for text in TEXTS if len(text) < 5000]

    def paths() -> Iterator[tuple[str, str, str]]:
        for name in ROUTES:
            parts = world.address(name).partition("?")[0].split("/")
            every = [
                (method, "/".join([*parts[:at], value, *parts[at + 1 :]]), "")
                for at, part in enumerate(parts)
                if part
                for value in short
                for method in ("GET", "POST")
            ]
            yield from one_of_each(every, lambda ask: "path", name)

    broken = failures(browser, paths())
    assert not broken, "\n".join(map(str, broken))


def test_the_names_are_found_in_the_source():
    assert {"before", "page", "model", "q"} <= set(names_of("playground"))
    assert get_resolver("config.urls")
