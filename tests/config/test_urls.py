"""Every address answers HEAD like GET, and answers htmx whatever the parameters are.

`tests/edges/test_routes.py` sends odd values to every route as a page; this file sends them to
fragments.
"""

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.edges import test_routes
from tests.edges.test_routes import ROUTES, failures, status_of
from tests.edges.values import names_of
from tests.sampling import sample

pytestmark = [pytest.mark.django_db, pytest.mark.system]
world, browser = test_routes.world, test_routes.browser


@pytest.fixture
def htmx(browser: Client) -> Client:
    """The same browser with htmx."""
    browser.defaults["HTTP_HX_REQUEST"] = "true"
    return browser


def test_a_fragment_answers_whatever_it_is_given(world, htmx):
    """Every parameter, and some alone, is a NUL, which SQLite stores and PostgreSQL refuses.

    In some requests alone, because an error of one parameter, mostly `~do`, hides another's.
    """

    def requests() -> Iterator[tuple[str, str, str]]:
        for name in sample(ROUTES, 16, by_seed=8):
            address = world.address(name)
            names = names_of(test_routes.app_of(address))
            for part in (names, [*names][::2], [*names][1::2]):
                values = "&".join(f"{name}=%00" for name in part if name != "csrfmiddlewaretoken")
                yield "GET", f"{address.partition('?')[0]}?{values}", ""
                yield "POST", address, values

    broken = failures(htmx, requests())
    assert not broken, "\n".join(map(str, broken))


def test_whoever_asks_for_the_head_alone_gets_what_the_page_would_say(world, browser):
    """RFC 9110, 9.3.2; except in Django's own admin, and a login link, which works only once."""
    differing = []
    for name in sample([name for name in ROUTES if not name.startswith("admin:")], 30, by_seed=20):
        address = world.address(name)
        statuses = [status_of(browser, method, address) for method in ("HEAD", "GET")]
        if statuses[0] != statuses[1] and not address.startswith("/login/link/"):
            differing.append((address, statuses))
    assert not differing
