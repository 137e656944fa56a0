"""A budget that an admin sets for a project binds its managers, at every entry point."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from core import periods
from features.notifications.models import Notification
from features.spending.models import Budget, BudgetRequest
from features.spending.requests import decision
from projects.models import Project
from runs.start.refused_starts import Unaffordable
from tests.features.pages import text_of
from tests.projects.people import person

pytestmark = pytest.mark.django_db
PAGE, NEW = "/spend/budgets/", "/spend/budgets/new/"
WHOSE = "An admin has set this budget, so only admins can change it. Ask eva."


@pytest.fixture
def budget(admin: Client, fox: Project) -> Budget:
    """Two dollars a month for the project, set by an admin on the page."""
    admin.post(NEW, {"target": f"project:{fox.pk}", "limit": "2", "period": "month"})
    return Budget.objects.get()


def ask(client: Client, of: Budget) -> BudgetRequest:
    period = periods.name_of_month(timezone.now())
    address = f"/spend/requests/new/?budget={of.pk}&key={of.project_id}&period={period}"
    client.post(f"{address}&amount=3", {"sentence": "The film is due"})
    return BudgetRequest.objects.get()


@pytest.mark.parametrize("path", ["", "end/", "undo"])
def test_a_post_by_hand_changes_nothing(manager, budget, path):
    post = {"limit": "900", "period": "month", "is_by_admin": "", "is_below_fine": "1"}
    address = f"{budget.get_absolute_url()}{path}"
    if path == "undo":
        Budget.objects.update(ended_at=timezone.now())
        address = f"/undo/budget/{budget.pk}/"
    before = Budget.objects.values().get()
    response = manager.post(address, post)
    assert response.status_code == 403
    assert WHOSE in text_of(response)
    assert Budget.objects.values().get() == before


def test_more_of_it_is_asked_of_admins_and_allowed_by_them_alone(
    manager, maker, admin, eva, budget
):
    request = ask(maker, budget)
    assert not Notification.objects.filter(user=person("mia"), kind="budget_request").exists()
    assert Notification.objects.filter(user=eva, kind="budget_request").count() == 1
    page = request.get_absolute_url()
    assert "eva can allow it, and has been notified." in text_of(maker.get(page))
    assert manager.get(page).status_code == 404
    assert manager.post(f"{page}decision/", {"~do": "grant"}).status_code == 404
    with pytest.raises(PermissionDenied):
        decision.grant(person("mia"), request.pk, "")
    admin.post(f"{page}decision/", {"~do": "grant"})
    request.refresh_from_db()
    assert (request.is_granted, request.decided_by) == (True, eva)


def test_a_refusal_names_admins_to_managers_and_makers(budget, fox, pay):
    pay("2", person("ana"), fox)
    for name in ("mia", "ana"):
        with pytest.raises(Unaffordable, match="Ask eva for more"):
            pay("1", person(name), fox)


def test_managers_make_smaller_ones_beside_it(manager, admin, budget, fox, pay):
    post = {"target": f"project:{fox.pk}", "limit": "2", "period": "month"}
    refused = manager.post(NEW, post)
    assert refused.status_code == 422
    assert "An admin has set $2.00 a month for this project" in text_of(refused)
    assert manager.post(NEW, post | {"limit": "1"}).status_code == 302
    own = Budget.objects.exclude(pk=budget.pk).get()
    assert not own.is_by_admin
    assert "Save budget" in text_of(manager.get(own.get_absolute_url()))
    assert (
        manager.post(own.get_absolute_url(), {"limit": "3", "period": "month"}).status_code == 422
    )
    # the project has such a budget already
    assert manager.post(NEW, post | {"limit": "1"}).status_code == 422

    pay("1", person("ana"), fox)
    with pytest.raises(Unaffordable, match=r"may spend \$1.00 this month") as refusal:
        pay("1", person("ana"), fox)
    assert "Ask mia for more" in str(refusal.value)
    request = ask(manager, own)
    manager.post(f"{request.get_absolute_url()}decision/", {"~do": "grant"})
    pay("1", person("ana"), fox)
    with pytest.raises(Unaffordable, match=r"may spend \$2.00 this month"):
        pay("1", person("ana"), fox)

    manager.post(f"{own.get_absolute_url()}end/")
    assert not Budget.objects.filter(pk=own.pk, ended_at=None).exists()
    manager.post(f"/undo/budget/{own.pk}/")
    assert Budget.objects.filter(ended_at=None).count() == 2
    changed = admin.post(own.get_absolute_url(), {"limit": "1.5", "period": "month"})
    assert changed.status_code == 302
    own.refresh_from_db()
    assert (own.limit, own.is_by_admin) == (Decimal("1.5"), False)


def test_a_manager_asks_for_more_and_does_not_allow_it_to_oneself(manager, budget):
    request = ask(manager, budget)
    page = request.get_absolute_url()
    assert "Allow" not in text_of(manager.get(page))
    assert manager.post(f"{page}decision/", {"~do": "grant"}).status_code == 403
    request.refresh_from_db()
    assert request.decided_at is None
