"""Requests for more money: from whom, to whom, one at a time; the one answer, and its effect."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from accounts.audit.entries import AuditEntry
from core import periods
from features.notifications import inbox
from features.notifications.models import Notification
from features.spending.models import Budget, BudgetRequest, SpendingRules
from projects.models import Project
from runs.start.refused_starts import Unaffordable
from tests.features.spending.budgets.conftest import Pay
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db
NEW, PAGE = "/spend/requests/new/", "/spend/requests/"
WHY = {"amount": "3", "sentence": "The film is due tomorrow"}


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def month() -> str:
    return periods.name_of_month(timezone.now())


def address(to: Budget, whose: int, **more: object) -> str:
    query = {"budget": to.pk, "key": whose, "period": month(), "amount": "3"} | more
    return f"{NEW}?{urlencode(query)}"


@pytest.fixture
def budget(fox: Project) -> Budget:
    """A dollar a month for the project."""
    return Budget.objects.create(scope="project", project=fox, limit=Decimal(1))


def read_subjects(user: User) -> list[str]:
    rows = Notification.objects.filter(user=user, kind="budget_request").order_by("created_at")
    return [row.subject for row in rows]


def test_what_is_granted_can_be_spent(
    maker: Client, manager: Client, eva: User, budget: Budget, fox: Project, pay: Pay
) -> None:
    ana, mia = person("ana"), person("mia")
    pay("1", ana, fox)
    with pytest.raises(Unaffordable) as refusal:
        pay("1", ana, fox)
    link = refusal.value.remedy.address  # type: ignore[union-attr]
    page = maker.get(link, headers={"referer": "http://testserver/models/?q=fox#x"})
    assert "$1.00 of $1.00 spent" in text_of(page)
    assert "Ask eva and mia" in text_of(page)
    assert 'name="path" value="/models/?q=fox"' in page.content.decode()

    sent = maker.post(link, WHY | {"path": "/models/?q=fox"}, follow=True)
    assert sent.redirect_chain[-1][0] == "/models/?q=fox"
    assert "eva and mia can grant it, and have been notified." in text_of(sent)
    assert read_subjects(mia) == read_subjects(eva) == ["ana asks for $3.00 more for Fox"]
    assert read_subjects(ana) == read_subjects(person("vic")) == []
    request = BudgetRequest.objects.get()
    assert "You ask for $3.00 more for Fox" in text_of(maker.get(request.get_absolute_url()))
    page = manager.get(PAGE)
    assert "Waiting for you" in text_of(page)
    assert 'class="dot"' in page.content.decode()
    assert "ana asks for $3.00 more for Fox" in text_of(manager.get("/"))
    manager.get(request.get_absolute_url())
    assert inbox.count_new(mia) == 0
    assert "ana asks for $3.00 more for Fox" in text_of(manager.get("/"))

    decision = f"{request.get_absolute_url()}decision/"
    granted = manager.post(decision, {"~do": "grant", "answer": "Good luck"}, follow=True)
    assert "mia has granted $3.00" in text_of(granted)
    assert read_subjects(ana) == ["mia has granted $3.00 more for Fox"]
    assert [inbox.count_new(reader) for reader in (ana, mia, eva)] == [1, 0, 0]
    assert not inbox.waiting(mia)
    assert not inbox.waiting(eva)
    answer = Notification.objects.get(user=ana)
    assert (answer.path, "Good luck" in answer.text) == ("/models/?q=fox", True)
    assert "Back to what was refused" in text_of(maker.get(request.get_absolute_url()))
    pay("1", ana, fox)
    pay("1", ana, fox)
    pay("1", ana, fox)
    with pytest.raises(Unaffordable):
        pay("1", ana, fox)
    events = AuditEntry.objects.filter(object_pk=str(request.pk)).values_list("event", "actor_name")
    assert set(events) == {("asked for more", "ana"), ("granted", "mia")}
    budgets_page = text_of(maker.get("/spend/budgets/"))
    assert "$4.00 of $4.00 spent" in budgets_page
    assert "$3.00 of it granted on top" in budgets_page


def test_another_sum_is_granted_than_was_asked_for(
    maker: Client, admin: Client, budget: Budget, fox: Project
) -> None:
    maker.post(address(budget, fox.pk), WHY)
    request = BudgetRequest.objects.get()
    decision = f"{request.get_absolute_url()}decision/"
    bad = admin.post(decision, {"~do": "grant", "amount": "-2", "answer": "typed"})
    assert bad.status_code == 422
    assert "Grant a sum above $0, or refuse it." in text_of(bad)
    assert 'value="typed"' in bad.content.decode()
    page = text_of(admin.post(decision, {"~do": "grant", "amount": "0.50"}, follow=True))
    assert "eva has granted $0.50" in page
    assert "the request was for $3.00" in page


@pytest.mark.both_databases
def test_only_the_first_decision_counts(
    maker: Client, admin: Client, manager: Client, budget: Budget, fox: Project
) -> None:
    maker.post(address(budget, fox.pk), WHY)
    decision = f"{BudgetRequest.objects.get().get_absolute_url()}decision/"
    admin.post(decision, {"~do": "refuse", "answer": "Not this month"})
    second = manager.post(decision, {"~do": "grant"}, follow=True)
    assert "eva has already refused this." in text_of(second)
    request = BudgetRequest.objects.get()
    assert (request.is_granted, request.answer) == (False, "Not this month")
    assert read_subjects(person("ana")) == ["eva has refused $3.00 more for Fox"]


@pytest.mark.both_databases
def test_a_double_click_asks_once_and_asking_again_shows_the_waiting_one(
    maker: Client, budget: Budget, fox: Project, eva: User
) -> None:
    first = maker.post(address(budget, fox.pk), WHY)
    second = maker.post(address(budget, fox.pk), WHY)
    again = maker.get(address(budget, fox.pk))
    assert first["Location"] == second["Location"] == again["Location"]
    assert BudgetRequest.objects.count() == 1
    assert len(read_subjects(eva)) == 1


def test_what_does_not_limit_somebody_is_not_there_for_them(
    maker: Client, budget: Budget, fox: Project
) -> None:
    owl = make_project("Owl", oz="manager")
    of = Budget.objects.create
    owls = of(scope="project", project=owl, limit=1)
    ozs = of(scope="person", person=person("oz"), limit=1)
    each = of(scope="person", limit=2)
    oz = person("oz")
    for limiting, key in ((owls, owl.pk), (ozs, oz.pk), (each, oz.pk), (budget, owl.pk), (each, 0)):
        assert maker.get(address(limiting, key)).status_code == 404
        assert maker.post(address(limiting, key), WHY).status_code == 404
    for bad in ({"budget": "x"}, {"key": "-1"}, {"period": "soon"}, {"budget": 10**30}):
        assert maker.get(address(budget, fox.pk, **bad)).status_code == 404
    assert maker.get(f"{NEW}?amount=3").status_code == 404  # the house has no ceiling
    logged_in(oz).post(address(owls, owl.pk), WHY)
    request = BudgetRequest.objects.get()
    assert maker.get(request.get_absolute_url()).status_code == 404
    assert maker.post(f"{request.get_absolute_url()}decision/", {"~do": "grant"}).status_code == 404


def test_who_asks_does_not_decide(maker: Client, budget: Budget, fox: Project) -> None:
    maker.post(address(budget, fox.pk), WHY)
    request = BudgetRequest.objects.get()
    assert "Grant" not in text_of(maker.get(request.get_absolute_url()))
    assert maker.post(f"{request.get_absolute_url()}decision/", {"~do": "grant"}).status_code == 403
    assert not BudgetRequest.objects.get().is_granted


def test_a_budget_that_is_over_has_nothing_to_ask_for(
    maker: Client, admin: Client, budget: Budget, fox: Project
) -> None:
    old = maker.post(address(budget, fox.pk, period="2020-01"), WHY)
    assert "This budget has started again since" in text_of(old)
    maker.post(address(budget, fox.pk), WHY)
    Budget.objects.update(ended_at=timezone.now())
    decision = f"{BudgetRequest.objects.get().get_absolute_url()}decision/"
    late = admin.post(decision, {"~do": "grant"}, follow=True)
    assert "there is nothing to grant" in text_of(late)
    assert not BudgetRequest.objects.get().is_granted


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"amount": "0"}, "Ask for a sum above $0."),
        ({"amount": "lots"}, "Enter a sum in dollars"),
        ({"amount": "NaN"}, "Enter a sum in dollars"),
        ({"sentence": " "}, "Say in a sentence what it is for"),
        ({"sentence": "x" * 501}, "Say it in at most 500 characters."),
    ],
)
def test_bad_input_stays_with_a_sentence(
    maker: Client, budget: Budget, fox: Project, posted: dict[str, str], sentence: str
) -> None:
    response = maker.post(address(budget, fox.pk), WHY | posted)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not BudgetRequest.objects.exists()


@pytest.mark.parametrize("path", ["https://evil.test/", "//evil.test", "javascript:x"])
def test_the_way_back_is_within_vitrine(
    maker: Client, budget: Budget, fox: Project, path: str
) -> None:
    maker.post(address(budget, fox.pk), WHY | {"path": path})
    assert BudgetRequest.objects.get().path == ""


def test_a_run_above_the_ceiling_is_asked_of_admins(
    member: Client, user: User, admin: Client, eva: User, pay: Pay
) -> None:
    SpendingRules.objects.create(pk=1, ceiling=Decimal("0.5"))
    with pytest.raises(Unaffordable) as refusal:
        pay("1", user)
    link = refusal.value.remedy.address  # type: ignore[union-attr]
    assert "Only admins may start runs that together may cost more than $0.50" in text_of(
        member.get(link)
    )
    member.post(link, {"amount": "1", "sentence": "For the fair"})
    assert read_subjects(eva) == ["ana asks for up to $1.00 at once"]
    decision = f"{BudgetRequest.objects.get().get_absolute_url()}decision/"
    admin.post(decision, {"~do": "grant"})
    pay("1", user)
    with pytest.raises(Unaffordable):
        pay("1", user)


def test_who_has_left_the_project_reads_its_budget_no_more(
    maker: Client, budget: Budget, fox: Project, pay: Pay
) -> None:
    pay("0.75", person("ana"), fox)
    page = maker.post(address(budget, fox.pk), WHY, follow=True)
    assert "$0.75" in text_of(page)
    fox.memberships.filter(user=person("ana")).delete()
    again = text_of(maker.get(page.redirect_chain[-1][0]))
    assert "The film is due tomorrow" in again
    assert "$0.75" not in again
    assert "mia" not in again


def test_a_sum_that_is_proposed_is_in_whole_cents(
    maker: Client, budget: Budget, fox: Project
) -> None:
    """The form proposed 0.949499999475712 and then refused this value."""
    page = maker.get(address(budget, fox.pk, amount="0.949499999475712")).content.decode()
    assert 'value="0.95"' in page
    assert maker.post(address(budget, fox.pk), WHY | {"amount": "0.95"}).status_code == 302


def test_what_is_spent_above_the_limit_is_asked_for_as_well(
    maker: Client, budget: Budget, fox: Project, pay: Pay
) -> None:
    pay("3.50", person("ana"), fox)  # the estimate of this run was a dollar
    page = maker.get(address(budget, fox.pk, amount="1")).content.decode()
    assert 'value="3.50"' in page
    refused = maker.post(address(budget, fox.pk), WHY | {"amount": "2.50"})
    assert "The limit is already exceeded by $2.50: ask for more than that." in text_of(refused)
    sent = maker.post(address(budget, fox.pk), WHY | {"amount": "3.50"}, follow=True)
    assert "The limit is exceeded by $2.50" in text_of(sent)
