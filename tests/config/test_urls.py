"""Every address answers whatever it is given.

With a page, a refusal or "nothing is here", never with an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.sampling import IS_EXHAUSTIVE

pytestmark = pytest.mark.system  # takes long

FIELDS = re.split(
    r"\s+",
    "address arguments collection description digest endpoint_id example field find from in input "
    "is_house_default is_shared kind model name note of out page params position prompt q reason "
    "revision run saved preset search shown since size_bytes standing star state tab text title "
    "token "
    "unstar category tag status sort favourite order~rows order.0.slug items~rows items.0.note "
    "note.a "
    "~do ~filled ~json ~mode ~tab ~token ~transport ~version ~made-for ~house ~origin",
)
NUL = "\x00"
STRANGE = [NUL, "\ud800%'\"<🦊", "9" * 5000]
ENDPOINT = "fal-ai/flux/dev"


def addresses(patterns: Any, before: str = "") -> Iterator[str]:
    """Every route below some patterns, but for Django's own admin."""
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver) and not route.startswith("admin"):
            yield from addresses(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield route


HEALTH = "healthz"  # its 503 says that no worker is there
ROUTES = [*dict.fromkeys(addresses(get_resolver("config.urls").url_patterns))]
ROUTES.remove(HEALTH)
KINDS: dict[str, Callable[[str], str]] = {
    "int": lambda text: "9" * 30 if text == NUL else "1",
    "uuid": lambda text: "00000000-0000-0000-0000-000000000000",
    "slug": lambda text: "best",
}


def filled(route: str, text: str) -> str:
    """The address with a text in place of each of its parts, where that part takes any."""
    quoted = "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))

    def part(found: re.Match[str]) -> str:
        kind = KINDS.get(found[1])
        return kind(text) if kind else quoted

    return "/" + re.sub(r"<(\w+):\w+>", part, route).replace("^", "").replace("$", "")


def parts(posted: dict[str, str], count: int) -> list[dict[str, str]]:
    """The fields in so many parts, neighbours apart."""
    names = [*posted]
    return [{name: posted[name] for name in names[first::count]} for first in range(count)]


@pytest.fixture
def staff(client: Client, db: None, make_endpoint: Any) -> Client:
    """A curator's browser; a model is there, so that addresses lead somewhere too."""
    make_endpoint(ENDPOINT)
    client.force_login(
        User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)
    )
    return client


def ask(staff: Client, route: str, text: str) -> Iterator[tuple[str, int]]:
    """What a route answers to requests with this text everywhere: the question, and the status."""
    posted = {name: text.encode("utf-8", "replace").decode() for name in FIELDS}
    unnamed = {name: given for name, given in posted.items() if name not in {"~do", "~mode"}}
    known = filled(route, ENDPOINT if text == NUL else text)
    for address in {filled(route, text), known}:
        is_fragment_too = text == NUL and address == known
        for headers in ({}, {"hx-request": "true"})[: 1 + is_fragment_too]:
            yield f"GET {address}", staff.get(address, posted, headers=headers).status_code
            status = staff.post(address, posted, headers=headers).status_code
            yield f"POST {address}", status
            if status != 405:
                status = staff.post(address, unnamed, headers=headers).status_code
                yield f"POST {address}, unnamed", status
    if text == NUL and staff.post(known, posted).status_code != 405:
        for part in parts(
            posted, 8 if IS_EXHAUSTIVE else 4
        ):  # an error of one field would hide what another does
            yield f"POST {part}", staff.post(known, part).status_code


@pytest.mark.parametrize("route", ROUTES)
def test_an_address_answers_whatever_it_is_given(staff: Client, route: str) -> None:
    # What SQLite takes and PostgreSQL refuses is NUL.
    for text in STRANGE if IS_EXHAUSTIVE and connection.vendor == "sqlite" else [NUL]:
        for asked, status in ask(staff, route, text):
            assert status < 500, (asked, text[:10])


def test_whoever_asks_for_the_head_alone_gets_what_the_page_would_say(staff: Client) -> None:
    """RFC 9110, 9.3.2."""
    for route in ROUTES:
        address = filled(route, ENDPOINT)
        assert staff.head(address).status_code == staff.get(address).status_code, route
