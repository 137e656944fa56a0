"""Users are notified once of a sync in which models that they use have changed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Change, Endpoint, Favourite, SyncReport
from features.notifications import model_changes
from features.notifications.models import Notification
from runs.models import Run

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
PRICE: Any = [{"side": "price", "kind": "price", "text": "now $2"}]


@pytest.fixture(autouse=True)
def _forgets() -> Iterator[None]:
    yield
    model_changes._last_report = 0


@pytest.fixture
def sync() -> Callable[..., None]:
    """`sync((endpoint, "price"), …)`: a sync that has recorded these changes."""

    def record(*changes: tuple[Endpoint, str]) -> None:
        report = SyncReport.objects.create(state="done", ended_at=timezone.now())
        for endpoint, kind in changes:
            lines = [{"side": "listing", "kind": kind}] if kind == "deprecated" else PRICE
            Change.objects.create(
                endpoint=endpoint,
                kind="listing" if kind in {"deprecated", "listing"} else kind,
                at=report.started_at + timedelta(milliseconds=1),
                lines=lines,
            )
        model_changes.notify_of_changes()

    return record


def test_a_model_that_was_run_or_starred_lately(user, stranger, make_endpoint, make_run, sync):
    flux, turbo, other = map(make_endpoint, ("lab/Flux", "lab/Turbo", "lab/Other"))
    make_run(endpoint=flux, user=user)
    Favourite.objects.set(user.pk, turbo, starred=True)
    old = make_run(endpoint=other, user=stranger)
    Run.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    sync((flux, "price"), (turbo, "deprecated"), (flux, "schema"), (other, "price"))
    model_changes._last_report = 0
    model_changes.notify_of_changes()  # by another worker
    line = Notification.objects.get()
    assert line.user == user
    assert line.subject == "2 models that you use have changed"
    assert "Flux: Inputs changed, Price changed" in line.text
    assert "Turbo: Deprecated" in line.text
    sync((turbo, "price"), (flux, "listing"), (other, "new"))
    assert Notification.objects.count() == 2
    newest = Notification.objects.get(subject="Turbo: Price changed")
    assert newest.path == f"{turbo.get_absolute_url()}?tab=about"


def test_nothing_is_sent_before_schemas_are_compared(user, make_endpoint, sync):
    flux = make_endpoint("lab/Flux")
    Favourite.objects.set(user.pk, flux, starred=True)
    change = Change.objects.create(endpoint=flux, kind="schema", at=timezone.now())
    sync((flux, "price"))
    assert not Notification.objects.exists()
    change.delete()
    model_changes.notify_of_changes()
    assert Notification.objects.get().subject == "Flux: Price changed"
