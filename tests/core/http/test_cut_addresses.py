"""An address that was cut short leads to the page above it; what never existed is not found."""

import re

import pytest
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve

from config.gone import PAGES
from tests.accounts.routes import routes
from tests.tables import each_row

pytestmark = pytest.mark.django_db


@each_row(
    ("path", "status", "above"),
    [
        ("/catalogue/", 302, "/"),
        ("/api/", 302, "/"),
        ("/notes/of/", 302, "/"),
        ("/compare/of/", 302, "/compare/"),
        ("/account/notifications/deliveries/", 302, "/account/notifications/"),
        ("/api/v1/", 404, None),
        ("/flow/", 404, None),
        ("/compare/nothing/", 404, None),
    ],
)
def test_a_cut_address_leads_to_the_page_above(
    member: Client, path: str, status: int, above: str | None
) -> None:
    answer = member.get(path)
    assert (answer.status_code, answer.headers.get("Location")) == (status, above)
    assert member.post(path).status_code == 404


def test_every_cut_address_of_a_page_leads_to_a_page(member: Client) -> None:
    fixed = {f"/{route.path}".partition("<")[0] for route in routes(get_resolver().url_patterns)}
    ends = {path[: end + 1] for path in fixed for end, sign in enumerate(path) if sign == "/"}
    elsewhere = ("/api/", "/undo/")  # of programs; `routes` fills in its first variable part
    cut = {path for path in ends if not path.startswith(elsewhere) and not has_page(path)}
    cut -= {path for path in cut if any(re.fullmatch(page.address, path[1:]) for page in PAGES)}
    assert len(cut) > 20
    above = {path: member.get(path).headers.get("Location", "") for path in cut}
    assert {path for path, address in above.items() if not has_page(address)} == set()


def has_page(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
