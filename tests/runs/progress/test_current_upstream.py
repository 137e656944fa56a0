"""Pages and the API name the upstream that the worker uses; the web process does not guess it."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from features.spending.models import Budget
from runs.models import Worker
from runs.progress import current_upstream


@pytest.fixture(autouse=True)
def unread(monkeypatch: pytest.MonkeyPatch, upstream_read_before: None) -> None:
    """The state of a process that has just started."""
    monkeypatch.setattr(current_upstream, "_known", (None, 0.0))


def write(name: str, host: str, age_s: float = 0) -> None:
    beat_at = timezone.now() - timedelta(seconds=age_s)
    Worker.objects.create(name=host, beat_at=beat_at, upstream=name, upstream_host=host)


def test_pages_say_once_that_the_sandbox_is_free_and_show_no_prices(
    member, make_endpoint, make_run, documents
):
    price = {"unit_price_usd": Decimal("0.025"), "price_unit": "images", "currency": "USD"}
    endpoint = make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"], **price)
    run = make_run(endpoint=endpoint, state="succeeded", output={}, billable_units="2")
    pages = ["/", "/models/", run.stage_address, "/compare/new/", run.get_absolute_url(), "/runs/"]
    Budget.objects.create(scope=Budget.Scope.HOUSE, limit=20, is_by_admin=True)
    write("fal", "queue.fal.run")
    assert all("$0.0" in member.get(address).content.decode() for address in pages[1:])
    current_upstream._known = None, 0.0
    write("sandbox", "127.0.0.1:8001")
    endpoint.save()  # fragments are cached for a revision of the catalogue
    for address in [*pages, "/spend/", "/spend/runs/"]:
        page = " ".join(member.get(address).content.decode().split())
        assert "Upstream: sandbox, which is free of charge" in page
        amounts = re.findall(r"(?:[^\s<>]+ )?\$\d[\d.]*", page)
        assert not amounts, (address, amounts)
        assert not re.search(r">\s*[Ff]ree\s*<|\(sandbox\)", page), address


def test_prices_ask_once_even_before_a_worker_has_run(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert [current_upstream.is_free() for _ in range(40)] == [False] * 40


@pytest.mark.system
def test_a_worker_records_its_upstream(work, sandbox, settings):
    work(lambda: current_upstream.get() is not None)
    upstream = current_upstream.get()
    assert upstream is not None
    assert (upstream.name, upstream.is_free) == ("sandbox", True)
    assert upstream.host in settings.FAL_QUEUE_URL
