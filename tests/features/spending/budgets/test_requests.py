"""Asking for more money: from whom, to whom, one at a time; the one answer, and its effect."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from accounts.audit.entries import AuditEntry
from core import periods
from features.notifications import inbox
from features.notifications.models import Notification
from features.spending.budgets import gauges
from features.spending.models import Budget, BudgetRequest
from features.spending.requests import decision, submission
from features.spending.requests.submission import Subject
from projects.models import Project
from runs.start.refused_starts import Unaffordable
from tests.features.pages import text_of
from tests.house.made import make_admin, run_at_once
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db
NEW = "/spend/requests/new/"
WHY = {"sentence": "The film is due tomorrow"}


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


def test_what_is_allowed_can_be_spent(maker, manager, eva, budget, fox, pay):
    ana, mia = person("ana"), person("mia")
    pay("1", ana, fox)
    with pytest.raises(Unaffordable) as refusal:
        pay("1", ana, fox)
    link = refusal.value.remedy.address.replace("amount=1", "amount=3")  # type: ignore[union-attr]

    sent = maker.post(link, WHY | {"path": "/models/?q=fox"}, follow=True)
    assert sent.redirect_chain[-1][0] == "/models/?q=fox"
    assert read_subjects(mia) == read_subjects(eva) == ["ana asks for $3.00 more for Fox"]
    assert read_subjects(ana) == read_subjects(person("vic")) == []
    request = BudgetRequest.objects.get()
    assert "ana asks for $3.00 more for Fox" in text_of(manager.get("/"))
    manager.get(request.get_absolute_url())
    assert inbox.count_new(mia) == 0
    assert "ana asks for $3.00 more for Fox" in text_of(manager.get("/"))

    decision = f"{request.get_absolute_url()}decision/"
    manager.post(decision, {"~do": "grant", "answer": "Good luck"}, follow=True)
    assert "Allow $3.00 :" not in text_of(manager.get("/inbox/"))
    assert read_subjects(ana) == ["mia has allowed $3.00 more for Fox"]
    assert [inbox.count_new(reader) for reader in (ana, mia, eva)] == [1, 0, 0]
    assert not inbox.waiting(mia)
    assert not inbox.waiting(eva)
    answer = Notification.objects.get(user=ana)
    assert (answer.path, "Good luck" in answer.text) == ("/models/?q=fox", True)
    pay("1", ana, fox)
    pay("1", ana, fox)
    pay("1", ana, fox)
    with pytest.raises(Unaffordable):
        pay("1", ana, fox)
    events = AuditEntry.objects.filter(object_pk=str(request.pk)).values_list("event", "actor_name")
    assert set(events) == {("asked for more", "ana"), ("allowed", "mia")}
    budgets_page = text_of(maker.get("/spend/budgets/"))
    assert "$4.00 of $4.00 spent" in budgets_page


def test_what_does_not_limit_somebody_is_not_there_for_them(maker, budget, fox):
    owl = make_project("Owl", oz="manager")
    of = Budget.objects.create
    owls = of(scope="project", project=owl, limit=1)
    ozs = of(scope="person", person=person("oz"), limit=1)
    each = of(scope="person", limit=2)
    oz = person("oz")
    for limiting, key in ((owls, owl.pk), (ozs, oz.pk), (each, oz.pk), (budget, owl.pk), (each, 0)):
        assert maker.get(address(limiting, key)).status_code == 404
        assert maker.post(address(limiting, key), WHY).status_code == 404
    for bad in (
        {"budget": "x"}, {"budget": 10**30}, {"key": "-1"}, {"period": "soon"},
        {"amount": "0"}, {"amount": "-1"}, {"amount": "NaN"}, {"amount": "x"}, {"amount": "1e99"},
    ):  # fmt: skip
        assert maker.get(address(budget, fox.pk, **bad)).status_code == 404
    assert maker.get(f"{NEW}?amount=3").status_code == 404
    logged_in(oz).post(address(owls, owl.pk), WHY)
    request = BudgetRequest.objects.get()
    assert maker.get(request.get_absolute_url()).status_code == 404
    assert maker.post(f"{request.get_absolute_url()}decision/", {"~do": "grant"}).status_code == 404


def test_who_asks_does_not_decide(maker, budget, fox):
    maker.post(address(budget, fox.pk), WHY)
    request = BudgetRequest.objects.get()
    assert "Allow" not in text_of(maker.get(request.get_absolute_url()))
    assert maker.post(f"{request.get_absolute_url()}decision/", {"~do": "grant"}).status_code == 403
    assert not BudgetRequest.objects.get().is_granted


def test_a_budget_that_is_over_has_nothing_to_ask_for(maker, admin, budget, fox):
    old = maker.post(address(budget, fox.pk, period="2020-01"), WHY)
    assert "This budget has started again since" in text_of(old)
    maker.post(address(budget, fox.pk), WHY)
    Budget.objects.update(ended_at=timezone.now())
    decision = f"{BudgetRequest.objects.get().get_absolute_url()}decision/"
    late = admin.post(decision, {"~do": "grant"}, follow=True)
    assert "there is nothing to allow" in text_of(late)
    assert not BudgetRequest.objects.get().is_granted


@pytest.mark.parametrize("path", ["https://evil.test/", "//evil.test", "javascript:x"])
def test_the_way_back_is_within_vitrine(maker, budget, fox, path):
    maker.post(address(budget, fox.pk), WHY | {"path": path})
    assert BudgetRequest.objects.get().path == ""


def test_who_has_left_the_project_reads_its_budget_no_more(maker, budget, fox, pay):
    pay("0.75", person("ana"), fox)
    page = maker.post(address(budget, fox.pk), WHY, follow=True)
    assert "$0.75" in text_of(page)
    fox.memberships.filter(user=person("ana")).delete()
    again = text_of(maker.get(page.redirect_chain[-1][0]))
    assert "The film is due tomorrow" in again
    assert "$0.75" not in again
    assert "mia" not in again


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_a_request_is_sent_once_and_decided_once():
    eva, eve = make_admin("eva"), make_admin("eve")
    fox = make_project("Fox", ana="maker")
    ana = person("ana")
    budget = Budget.objects.create(scope="project", project=fox, limit=Decimal(1))
    month = periods.name_of_month(timezone.now())
    subject = Subject(budget, fox.pk, month, amount=Decimal(3))
    ask = lambda: submission.ask(ana, subject, "Why not", "")  # noqa: E731
    assert run_at_once(ask, ask, ask) == ["done"] * 3
    request = BudgetRequest.objects.get()
    assert Notification.objects.filter(kind="budget_request").count() == 2

    outcomes = run_at_once(
        lambda: decision.grant(eva, request.pk, ""),
        lambda: decision.grant(eve, request.pk, ""),
        lambda: decision.refuse(eve, request.pk, ""),
    )
    assert outcomes.count("done") == 1
    assert sum("already" in outcome for outcome in outcomes) == 2
    decided = BudgetRequest.objects.get()
    (gauge,) = gauges.read([gauges.counter_of(budget, fox.pk, timezone.now())])
    assert gauge.limit == (4 if decided.is_granted else 1)
    assert Notification.objects.filter(user=ana).count() == 1
