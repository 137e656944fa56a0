"""One warning at 80 % and one at the end of a budget; and the remaining sum in the page's head.

The rules about sums: only admins set them, and an invalid rule gets a sentence.
"""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import roles
from accounts.audit.entries import AuditEntry
from accounts.roles import Role
from core import periods
from features.notifications import inbox
from features.notifications.models import Notification
from features.spending.budgets import headroom, warnings
from features.spending.models import Budget, BudgetRequest, SpendingRules
from projects.models import Membership
from tests.features.pages import text_of
from tests.house.made import make_admin
from tests.projects.people import person

pytestmark = pytest.mark.django_db


def subjects() -> list[str]:
    for _ in range(2):  # the second round sends nothing new
        warnings.warn()
    rows = Notification.objects.filter(kind="budget_warning").order_by("created_at", "pk")
    return [f"{row.user.username}: {row.subject}" for row in rows]


def test_whose_money_it_is_are_told_at_80_percent_and_when_it_is_spent(fox, pay):
    assert warnings.warn() == warnings.REST_S
    ana = person("ana")
    budget = Budget.objects.create(scope="project", project=fox, limit=10)
    pay("7", ana, fox)
    assert subjects() == []
    pay("1", ana, fox)
    expected = ["mia: 80 % of the budget of Fox are spent"]
    assert subjects() == expected
    assert "$8.00 of $10.00" in Notification.objects.get().text
    pay("2", ana, fox)
    expected.append("mia: All of the budget of Fox is spent")
    assert subjects() == expected
    counter = {"scope_key": fox.pk, "period": periods.name_of_month(timezone.now())}
    BudgetRequest.objects.create(
        budget=budget, user=ana, amount=10, is_granted=True, sentence="s", **counter
    )
    assert subjects() == expected  # with what was allowed, half of the limit is left
    pay("7", ana, fox)
    expected.append("mia: 80 % of the budget of Fox are spent")
    assert subjects() == expected


def test_who_is_told_of_a_budget(fox, pay, eva):
    """The admins for the house, each person, and whoever made it while they may see it."""
    ana, vic = person("ana"), person("vic")
    Budget.objects.create(scope="house", limit=10, made_by=vic)
    Budget.objects.create(scope="person", period="day", limit=10, made_by=eva)
    Budget.objects.create(scope="project", limit=10, made_by=person("oz"))
    pay("10", ana)
    assert sorted(subjects()) == [
        "ana: All of the budget of ana is spent",
        "ana: All of the budget of ana's private project is spent",
        "eva: All of the budget of ana is spent",
        "eva: All of the house's budget is spent",
        "vic: All of the house's budget is spent",
    ]


def test_who_may_not_know_any_more_reads_nothing_of_whose_money_it_is(fox, pay, eva):
    ana, mia = person("ana"), person("mia")
    Budget.objects.create(scope="project", limit=10)
    Budget.objects.create(scope="person", period="day", limit=10, made_by=eva)
    pay("10", ana, fox)
    assert len(subjects()) == 3
    assert [inbox.count_new(reader) for reader in (mia, eva, ana)] == [1, 1, 1]
    Membership.objects.filter(user=mia).delete()
    roles.set_role(make_admin("other"), Role.ADMIN, eva)
    roles.set_role(eva, Role.MEMBER, person("other"))
    eva = User.objects.get(pk=eva.pk)
    assert [inbox.count_new(reader) for reader in (mia, eva, ana)] == [0, 0, 1]


def test_the_job_takes_as_many_queries_for_many_budgets(pay):
    def queries() -> int:
        warnings.warn()
        with CaptureQueriesContext(connection) as captured:
            warnings.warn()
        return len(captured)

    ana = person("ana")
    Budget.objects.create(scope="person", person=ana, limit=1)
    pay("1", ana)
    few = queries()
    for n in range(5):
        member = person(f"p{n}")
        Budget.objects.create(scope="person", person=member, limit=1)
        pay("0.9", member)
    assert queries() == few
    assert few <= 8


def test_the_menu_says_what_is_left_in_the_project(maker, fox, pay):
    page = f"/spend/budgets/?project={fox.slug}"
    headroom.forget()
    Budget.objects.create(scope="house", limit=100)
    headroom.forget()
    Budget.objects.create(scope="project", project=fox, limit=Decimal("20.50"))
    pay("8.10", person("ana"), fox)
    html = maker.get(page).content.decode()
    assert "Budget: $12.40 left</a>" in html
    assert "“Fox” has $12.40 of $20.50 left until" in html
    assert "$91.90 left</a>" in maker.get("/spend/budgets/?project=private").content.decode()


def test_the_head_asks_once_where_there_is_no_budget(maker, fox):
    headroom.forget()
    with CaptureQueriesContext(connection) as captured:
        for _ in range(3):
            maker.get("/projects/")
    queries = [query for query in captured.captured_queries if "spending_" in query["sql"]]
    assert len(queries) == 1


PAGE = "/spend/rules/"
GOOD = {"unknown": "assume", "assumed": "0.5", "ceiling": "20"}


def test_an_admin_changes_the_rules(admin, maker):
    assert "The rules are saved" in text_of(admin.post(PAGE, GOOD, follow=True))
    rules = SpendingRules.current()
    assert (rules.unknown, rules.assumed, rules.ceiling) == ("assume", Decimal("0.5"), Decimal(20))
    admin.post(PAGE, GOOD | {"ceiling": ""})
    assert SpendingRules.current().ceiling is None
    assert AuditEntry.objects.filter(changes__has_key="ceiling").count() == 2
    assert maker.get(PAGE).status_code == maker.post(PAGE, GOOD).status_code == 403


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"assumed": "0"}, "Enter the sum that is assumed, above $0"),
        ({"ceiling": "0"}, "With a ceiling of $0, only admins could start runs."),
        ({"ceiling": "NaN"}, "Enter a sum in dollars"),
    ],
)
def test_what_is_no_rule_gets_a_sentence(admin, posted, sentence):
    response = admin.post(PAGE, GOOD | posted)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not SpendingRules.objects.exists()


def test_what_was_spent_before_a_budget_for_each_was_made_is_known(admin, fox, pay):
    ana = person("ana")
    pay("9", ana, fox)
    pay("1", person("mia"), fox)
    post = {"target": "person", "limit": "10", "period": "month"}
    admin.post("/spend/budgets/new/", post)
    assert "$9.00 of $10.00" in admin.get("/spend/budgets/").content.decode()
    of_ana = [
        "ana: 80 % of the budget of ana are spent",
        "eva: 80 % of the budget of ana are spent",
    ]
    assert sorted(subjects()) == of_ana
    pay("1", ana)  # this comes on top of the earlier spending
    assert "eva: All of the budget of ana is spent" in subjects()
    admin.post("/spend/budgets/new/", post | {"target": "project"})
    assert "$10.00 of $10.00" in admin.get("/spend/budgets/").content.decode()
