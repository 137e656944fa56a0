"""Metrics from the database: right numbers, from few queries that read no whole table.

The alerts and the dashboard of docs/monitoring use only existing metrics.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import SyncReport
from core.db import clock
from features.notifications.models import Delivery
from house.operations.metrics import figures
from house.operations.models import Backup, DataVersion
from runs.models import Artifact, KeptFigures, Run, WebhookReport, Worker
from runs.results.figures import STORAGE
from tests.house.operations.metrics.conftest import Scrape
from tests.processes import ROOT
from tests.runs.start.started import start_run

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


Ask = Callable[[], Scrape]


def ago(**time: float) -> Any:
    return clock.now() - timedelta(**time)


def age_run(run: Run, **time: float) -> Run:
    Run.objects.filter(pk=run.pk).update(created_at=ago(**time))
    return run


def test_nothing_that_waits_is_zero_and_not_absent(scrape):
    figure = scrape()
    for state in ("created", "queued", "running", "unconfirmed"):
        assert figure("vitrine_runs", state=state) == 0
        assert figure("vitrine_oldest_run_seconds", state=state) == 0
        assert figure("vitrine_leases", state=state, lease="expired") == 0


def test_unfinished_runs(scrape, make_run, make_endpoint, user):
    age_run(make_run(state="queued", lease_until=ago(seconds=-20), worker="vm:1"), hours=2)
    age_run(make_run(state="queued", lease_until=ago(seconds=5), worker="vm:2"), minutes=5)
    make_run(state="succeeded", lease_until=ago(seconds=5), worker="vm:2")
    run, _ = start_run(user=user, endpoint=make_endpoint("sandbox/aurora"), arguments={}, key="1")
    # the run waits to be sent again
    Run.objects.filter(pk=run.pk).update(lease_until=ago(seconds=-20))
    figure = scrape()
    queued = {"state": "queued", "transport": "queue", "door": "unknown"}
    waiting = {"state": "created", "transport": "queue", "door": "page"}
    assert figure("vitrine_runs", **queued) == 2
    assert figure("vitrine_runs", **waiting) == 1
    assert len([each for each in figure.labels_of("vitrine_runs") if "door" in each]) == 2
    assert figure("vitrine_oldest_run_seconds", **queued) == pytest.approx(7200, abs=60)
    assert figure("vitrine_oldest_run_seconds", **waiting) == pytest.approx(0, abs=60)
    assert figure("vitrine_leases", **queued, lease="held") == 1
    assert figure("vitrine_leases", **queued, lease="expired") == 1
    for lease in ("held", "expired"):
        assert figure("vitrine_leases", **waiting, lease=lease) == 0


def test_workers_with_their_breakers(scrape):
    breakers = [
        {"host": "queue.fal.run", "state": "open", "trouble": "queue.fal.run does not answer."},
        *({"host": f"v{n}.fal.media", "state": "closed", "trouble": ""} for n in range(30)),
    ]
    now = clock.now()
    Worker.objects.create(name="vm:1", beat_at=now, has_key=True, breakers=breakers)
    Worker.objects.create(name="vm:2", beat_at=now, has_key=False, breakers=breakers[:1])
    Worker.objects.create(name="vm:3", beat_at=ago(hours=1), has_key=True, breakers=breakers)
    figure = scrape()
    assert figure("vitrine_workers", key="yes") == 1
    assert figure("vitrine_workers", key="no") == 1
    assert figure("vitrine_account_refused") == 0
    assert figure("vitrine_upstream_breakers", host="queue.fal.run", state="open") == 2
    assert figure("vitrine_upstream_breakers", host="files", state="closed") == 30
    assert len(figure.labels_of("vitrine_upstream_breakers")) == 2


def test_the_sync(scrape):
    DataVersion.objects.all().delete()
    assert scrape()("vitrine_sync_age_seconds") is None
    DataVersion.objects.create(version="1", migrations=1, migrated_at=ago(hours=5))
    assert scrape()("vitrine_sync_age_seconds") == pytest.approx(5 * 3600, abs=60)
    assert scrape()("vitrine_sync_failed") == 0
    report = SyncReport.objects.create(state="done", ended_at=ago(hours=3))
    SyncReport.objects.filter(pk=report.pk).update(started_at=ago(hours=4))
    SyncReport.objects.create(state="running")
    figure = scrape()
    assert figure("vitrine_sync_age_seconds") == pytest.approx(10_800, abs=60)
    assert figure("vitrine_sync_failed") == 0
    SyncReport.objects.create(state="failed", ended_at=ago(minutes=1))
    figure = scrape()
    assert figure("vitrine_sync_age_seconds") == pytest.approx(10_800, abs=60)
    assert figure("vitrine_sync_failed") == 1


def test_backups(scrape, settings):
    settings.BACKUP_TO = "/backups"
    DataVersion.objects.all().delete()
    DataVersion.objects.create(version="1", migrations=1, migrated_at=ago(hours=3))
    figure = scrape()
    assert figure("vitrine_backup_last", state="failed") == 0
    age_s = figure("vitrine_backup_age_seconds", backup="made")
    assert age_s is not None
    assert age_s >= 3 * 3600 - 60
    for state, hours in [("proved", 50), ("doubted", 26), ("failed", 2)]:
        Backup.objects.create(state=state, reason="test", started_at=ago(hours=hours))
    figure = scrape()
    age = figure("vitrine_backup_age_seconds", backup="made")
    assert age == pytest.approx(26 * 3600, abs=60)
    proved = figure("vitrine_backup_age_seconds", backup="proved")
    assert proved == pytest.approx(50 * 3600, abs=60)
    assert figure("vitrine_backup_last", state="failed") == 1
    assert figure("vitrine_backup_last", state="proved") == 0


def test_queues_and_storage(scrape, make_run, user, settings):
    settings.DISK_FLOOR_MB = 512
    run = make_run(state="succeeded")
    for position, state in enumerate(["remote", "remote", "stored"]):
        Artifact.objects.create(
            run=run, position=position, path="", kind="image", url="https://x.y/z", state=state
        )
    WebhookReport.objects.create(run=run, headers={}, body=b"")
    for state in ("pending", "delivered"):
        Delivery.objects.create(user=user, method="mail", address="a@b.c", state=state)
    values = {"results_bytes": 5000, "uploads_bytes": 70}
    KeptFigures.objects.create(pk=STORAGE, values=values, due_at=clock.now())
    figure = scrape()
    waiting = {"webhook reports": 1, "deliveries": 1, "mails": 0, "copies": 2}
    assert {queue: figure("vitrine_waiting", queue=queue) for queue in waiting} == waiting
    assert figure("vitrine_storage_bytes", what="results") == 5000
    assert figure("vitrine_storage_bytes", what="uploads") == 70
    assert figure("vitrine_storage_bytes", what="floor") == 512 * 1024 * 1024
    for place in ("free", "database"):
        assert figure("vitrine_storage_bytes", what=place)


def read_all() -> list[str]:
    """Return the queries of one scrape."""
    with CaptureQueriesContext(connection) as queries:
        list(figures.samples())
    return [query["sql"] for query in queries if query["sql"].startswith("SELECT")]


def test_the_number_of_queries_does_not_grow(make_run):
    before = len(read_all())
    for number in range(20):
        make_run(state=["created", "queued", "running"][number % 3])
    assert len(read_all()) == before < 20


def test_no_query_reads_a_table_that_grows_with_the_runs():
    grow = ("playground_run", "playground_artifact", "playground_charge", "notifications_delivery")
    for sql in read_all():
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = [str(row[-1]) for row in cursor.fetchall()]
        whole = [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]
        assert not [step for step in whole if step.split()[1] in grow], (sql, steps)
        for step in steps:
            if step.startswith("SCAN") and step.split()[1] in grow:
                name = step.split()[-1]
                assert name in {"run_unfinished", "artifact_to_copy", "delivery_due"}, (sql, step)


ALERTS = ROOT / "docs/monitoring/alerts.yml"
DASHBOARD = ROOT / "docs/monitoring/grafana.json"


@pytest.mark.parametrize("file", [ALERTS, DASHBOARD], ids=lambda file: file.name)
def test_every_figure_that_is_asked_for_exists(file, scrape):
    names = set(re.findall(r"\bvitrine_\w+", file.read_text()))
    assert len(names) > 10
    assert names <= scrape().names()


def test_every_figure_is_on_the_dashboard_or_in_an_alert(scrape):
    text = ALERTS.read_text() + DASHBOARD.read_text()
    unused = {name for name in scrape().families if not re.search(rf"\b{name}", text)}
    assert not unused
