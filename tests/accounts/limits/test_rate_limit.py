"""Requests that come too often are refused with a wait, in the format of the request.

An ordinary page view writes nothing to the database.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from accounts.limits import rate_limit
from accounts.limits.rate_limit import LIMITS, Buckets, Limit
from tests.accounts.routes import routes

pytestmark = pytest.mark.django_db
FEW = Limit("few", rate_limit.READ, burst=2, per_minute=60)


@pytest.fixture(autouse=True)
def low_limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lower every limit of the table, so that a test reaches it."""
    settings.RATE_LIMITS = True
    few = {name: replace(limit, burst=20, per_minute=60) for name, limit in LIMITS.items()}
    monkeypatch.setattr(rate_limit, "LIMITS", few)
    rate_limit.buckets.clear()
    yield
    rate_limit.buckets.clear()


def until_refused(ask: Any, most: int = 400) -> Any:
    for _ in range(most):
        if (response := ask()).status_code == 429:
            return response
    raise AssertionError(f"never refused in {most} requests")


def test_a_bucket_empties_and_refills():
    now = 0.0
    buckets = Buckets(lambda: now)
    assert [buckets.take(FEW, "a") for _ in range(3)] == [0, 0, 1]
    assert buckets.take(FEW, "b") == 0
    now = 1.0
    assert [buckets.take(FEW, "a") for _ in range(2)] == [0, 1]


def processes(number: int) -> list[Buckets]:
    """Return the buckets of several web processes that share one database."""
    return [Buckets(spend=rate_limit.spend_shared) for _ in range(number)]


@pytest.mark.parametrize("burst", [20, 1000])
def test_a_limit_is_shared_by_all_web_processes(burst):
    limit = Limit("shared", rate_limit.READ, burst=burst, per_minute=1)
    web = processes(3)
    allowed = sum(not web[number % 3].take(limit, "a") for number in range(3 * burst))
    assert burst - 3 <= allowed <= burst + 3 * (burst // 100) + 1


def test_a_new_web_process_reads_the_stored_buckets(django_assert_num_queries):
    limit = Limit("shared", rate_limit.READ, burst=20, per_minute=1)
    [before] = processes(1)
    for _ in range(20):
        assert before.take(limit, "a") == 0
    [after] = processes(1)
    assert after.take(limit, "a") > 0
    with django_assert_num_queries(0):  # a refusal writes nothing
        assert after.take(limit, "a") > 0


def test_most_requests_of_a_large_limit_write_no_row(django_assert_num_queries):
    limit = Limit("shared", rate_limit.READ, burst=5000, per_minute=6000)
    [web] = processes(1)
    web.take(limit, "a")
    with django_assert_num_queries(0):
        for _ in range(49):
            web.take(limit, "a")


def test_memory_for_many_clients_is_bounded():
    buckets = Buckets(most=10)
    for number in range(100):
        buckets.take(FEW, str(number))
    assert len(buckets._buckets) == 10


def test_every_post_route_has_a_limit():
    """Except upstream's reports, and metrics, which accept no post.

    The API has limits of its own and states the rest in headers.
    """
    posts = {
        route.name: getattr(route.view, rate_limit.MARK, rate_limit.CHANGE)
        for route in routes(get_resolver("config.urls").url_patterns)
    }
    assert {name for name, mark in posts.items() if mark == rate_limit.NONE} == {
        "operations:metrics",
        "playground:webhook",
    }
    own = {name for name, mark in posts.items() if mark == rate_limit.OWN}
    assert own
    assert all(name.startswith("api:") for name in own)
    assert {*posts.values()} - {rate_limit.NONE, rate_limit.OWN} <= {*LIMITS}


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("playground:endpoint", "run"),
        ("flows:flow", "run"),
        ("playground:uploads", "file"),
        ("account_login", "sign-in"),
        ("account-name", "change"),
        ("people:invitation", "sign-in"),
        ("people:invitation-account", "sign-in"),
    ],
)
def test_a_post_counts_towards_the_limit_that_its_view_names(name, limit):
    (view,) = {
        route.view
        for route in routes(get_resolver("config.urls").url_patterns)
        if route.name == name
    }
    named = rate_limit.limit_of(view, "POST")
    assert named is not None
    assert named.name == limit


def test_a_refused_search_gives_a_message_and_a_wait(member):
    response = until_refused(lambda: member.get("/models/?q=cat"))
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert "Wait 1 second, then try again." in response.content.decode()
    assert member.get("/runs/").status_code == 200  # cheap requests are still answered


@pytest.mark.parametrize(
    ("path", "headers", "kind"),
    [
        ("/models/fal-ai/flux/dev/", {"hx-request": "true"}, "text/plain"),
        ("/uploads/", {"sec-fetch-dest": "empty"}, "application/json"),
        ("/tickets/fal-ai/flux/dev/", {}, "text/html"),
    ],
)
def test_posts_are_refused_in_the_format_of_the_request(member, make_endpoint, path, headers, kind):
    make_endpoint()
    response = until_refused(lambda: member.post(path, {"prompt": "x"}, headers=headers))
    assert response.headers["Content-Type"].startswith(kind)
    assert b"Wait " in response.content


def test_an_anonymous_visitor_is_limited(client):
    until_refused(lambda: client.get("/healthz"))
    assert client.get("/healthz", REMOTE_ADDR="198.51.100.1").status_code != 429


def test_webhooks_of_upstream_are_not_rate_limited(client):
    codes = {client.post("/webhooks/fal/x/").status_code for _ in range(60)}
    assert 429 not in codes


def test_rate_limits_add_no_queries_to_a_view(member, settings, django_assert_num_queries):
    settings.RATE_LIMITS = False
    with CaptureQueriesContext(connection) as without:
        member.get("/runs/")
    settings.RATE_LIMITS = True
    with django_assert_num_queries(len(without)):
        member.get("/runs/")


def test_rate_limits_can_be_turned_off(client, settings):
    settings.RATE_LIMITS = False
    assert {client.get("/healthz").status_code for _ in range(60)} == {503}
