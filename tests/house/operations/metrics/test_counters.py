"""Counts of all processes add up, outlive them, and have few series whatever is requested."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError

import fal
from catalog.models import Mark
from core.db import clock
from core.process import counters, identity
from house.operations.metrics import reporting, upstream_calls
from house.operations.metrics.requests import CountedRequests, page_routes
from house.operations.models import Counter, ServerProcess
from house.operations.owner import OperationsOwner
from runs.start.refused_starts import StartRefused
from tests.house.operations.metrics.conftest import Scrape
from tests.runs.start.started import start_run

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
Ask = Callable[[], Scrape]
ReportAs = Callable[[str, str], None]
ELSEWHERE = "another-machine/1:77:5"


def test_counts_of_two_processes_add_up(scrape, report_as):
    for seconds in (0.02, 0.2, 0.2):
        counters.count("vitrine_runs_started_total", door="page")
        counters.observe("vitrine_upstream_seconds", seconds, host="queue.fal.run")
    report_as("worker", ELSEWHERE)
    counters.count("vitrine_runs_started_total", door="page")
    counters.count("vitrine_runs_started_total", door="api")
    counters.observe("vitrine_upstream_seconds", 400.0, host="queue.fal.run")
    figure = scrape()
    assert figure("vitrine_runs_started_total", door="page") == 4
    assert figure("vitrine_runs_started_total", door="api") == 1
    buckets = {"0.01": 0, "0.03": 1, "0.1": 1, "0.3": 3, "300": 3, "+Inf": 4}
    for bound, count in buckets.items():
        name = "vitrine_upstream_seconds_bucket"
        assert figure(name, host="queue.fal.run", le=bound) == count
    assert figure("vitrine_upstream_seconds_count", host="queue.fal.run") == 4
    total = figure("vitrine_upstream_seconds_sum", host="queue.fal.run")
    assert total == pytest.approx(400.42)
    assert scrape()("vitrine_runs_started_total", door="page") == 4


def test_a_process_that_has_ended_leaves_its_counts_and_no_gauge(scrape, report_as, ended_process):
    counters.count("vitrine_runs_started_total", door="page")
    report_as("worker", ended_process)
    figure = scrape()
    assert figure("vitrine_runs_started_total", door="page") == 1
    memory = "vitrine_process_memory_bytes"
    assert figure.labels_of(memory) == [{"process": "web", "number": "1"}]
    assert figure(memory, process="web", number="1") == pytest.approx(
        reporting.memory_bytes(), rel=0.5
    )


def test_a_process_of_another_machine_counts_while_it_reports(scrape, report_as):
    report_as("worker", ELSEWHERE)
    report_as("worker", ELSEWHERE.replace("77", "78"))
    workers = [
        labels["number"]
        for labels in scrape().labels_of("vitrine_process_memory_bytes")
        if labels["process"] == "worker"
    ]
    assert sorted(workers) == ["1", "2"]
    silent_since = clock.now() - reporting.ALIVE - timedelta(seconds=1)
    ServerProcess.objects.filter(pk=ELSEWHERE).update(beat_at=silent_since)
    labels = scrape().labels_of("vitrine_process_memory_bytes")
    assert [each["number"] for each in labels if each["process"] == "worker"] == ["1"]


def test_rows_of_processes_are_forgotten(report_as):
    report_as("worker", ELSEWHERE)
    ServerProcess.objects.update(beat_at=clock.now() - reporting.FORGOTTEN_AFTER)
    reporting.report("web")
    assert [row.pk for row in ServerProcess.objects.all()] == [identity.current()]


def test_what_could_not_be_written_is_written_later(scrape, monkeypatch):
    counters.count("vitrine_runs_started_total", door="page")
    with monkeypatch.context() as patch:
        patch.setattr(reporting, "_ADD", "INSERT INTO nowhere VALUES (%s, %s, %s)")
        with pytest.raises(DatabaseError):
            reporting.report("web")
    assert scrape()("vitrine_runs_started_total", door="page") == 1


def test_every_way_a_run_begins_and_ends_is_counted(
    scrape, make_endpoint, user, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        endpoint = make_endpoint("sandbox/aurora")
        run, _ = start_run(user=user, endpoint=endpoint, arguments={}, key="1")
        start_run(user=user, endpoint=endpoint, arguments={}, key="1")  # the same press
        endpoint.mark = Mark.BLOCKED
        with pytest.raises(StartRefused):
            start_run(user=user, endpoint=endpoint, arguments={}, key="2")
        times = {"sent_at": run.created_at + timedelta(seconds=2)}
        times["ended_at"] = times["sent_at"] + timedelta(seconds=50)
        OperationsOwner().on_end(run, {"state": "succeeded", **times})
        OperationsOwner().on_end(run, {"state": "cancelled", "ended_at": times["ended_at"]})
    figure = scrape()
    assert figure("vitrine_runs_started_total", door="page") == 1
    assert figure("vitrine_runs_refused_total", reason="StartRefused") == 1
    for state in ("succeeded", "cancelled"):
        assert figure("vitrine_runs_ended_total", state=state, transport="queue") == 1
    assert figure("vitrine_run_wait_seconds_sum") == pytest.approx(2)
    assert figure("vitrine_run_seconds_count", transport="queue") == 1
    assert figure("vitrine_run_seconds_sum", transport="queue") == pytest.approx(50)


def ask(*paths: str, status: int = 200) -> None:
    """Request these paths from the web process."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def send(message: Any) -> None: ...

    async def all_of_them() -> None:
        app = CountedRequests(answer, page_routes(), held={"/runs/live/"})
        for path in paths:
            await app({"type": "http", "path": path}, send, send)  # type: ignore[arg-type]

    asyncio.run(all_of_them())


def requests(figure: Scrape, route: str, status: str) -> float | None:
    return figure("vitrine_requests_total", route=route, status=status)


def test_requests_by_route_and_status(scrape):
    ask("/", "/models/", "/models/fal-ai/flux/dev/", "/runs/live/")
    ask("/runs/", status=302)
    ask("/runs/", status=500)
    figure = scrape()
    assert requests(figure, "/", "2xx") == 1
    assert requests(figure, "/models", "2xx") == 2
    assert requests(figure, "/runs", "3xx") == 1
    assert requests(figure, "/runs", "5xx") == 1
    assert requests(figure, "held", "2xx") == 1
    assert figure("vitrine_request_seconds_count", route="/models") == 2


def test_a_thousand_unknown_addresses_and_hosts_make_no_new_series(scrape):
    def flood() -> None:
        ask(*(f"/{secrets.token_hex(4)}/x" for _ in range(500)), status=404)
        ask(*(f"/models/{secrets.token_hex(4)}/" for _ in range(500)), status=404)
        for _ in range(1000):
            url = f"https://{secrets.token_hex(4)}.fal.media/{secrets.token_hex(4)}.png"
            upstream_calls.record(url, fal.Unreachable("no answer", sent=True), 0.1)

    flood()
    figure = scrape()
    before = Counter.objects.count()
    assert requests(figure, "other", "4xx") == 500
    assert figure("vitrine_upstream_errors_total", host="files", error="Unreachable") == 1000
    flood()
    assert requests(scrape(), "other", "4xx") == 1000
    assert Counter.objects.count() == before


def test_requests_to_upstream_by_its_hosts(scrape):
    upstream_calls.record("https://queue.fal.run/fal-ai/flux/requests/1/status", None, 0.2)
    error = fal.RateLimited("slow down", status=429)
    upstream_calls.record("https://fal.run/fal-ai/flux", error, 0.2)
    figure = scrape()
    assert figure("vitrine_upstream_seconds_count", host="queue.fal.run") == 1
    assert figure("vitrine_upstream_seconds_count", host="fal.run") == 1
    assert figure("vitrine_upstream_errors_total", host="fal.run", error="RateLimited") == 1
    assert "fal-ai" not in figure.text
