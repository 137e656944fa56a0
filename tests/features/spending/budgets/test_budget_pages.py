"""The pages of budgets: for which users, the form's errors, and ending a budget with its undo."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.audit.entries import AuditEntry
from features.spending.budgets import listing
from features.spending.models import Budget
from tests.features.pages import text_of
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db
PAGE, NEW = "/spend/budgets/", "/spend/budgets/new/"


def test_an_admin_makes_changes_and_ends_a_budget(admin, eva, fox, pay):
    pay("4", person("ana"), fox)
    post = {"target": f"project:{fox.pk}", "limit": "$10", "period": "month"}
    new_page = admin.post(NEW, post, follow=True)
    assert "$4.00 of $10.00 spent" in text_of(new_page)
    budget = Budget.objects.get()
    assert budget.made_by == eva

    page = budget.get_absolute_url()
    changed = admin.post(page, {"limit": "8", "period": "month"}, follow=True)
    assert "$4.00 of $8.00 spent" in text_of(changed)
    assert AuditEntry.objects.filter(object_pk=str(budget.pk), changes__has_key="limit").exists()

    admin.post(f"{page}end/")
    back = admin.post(f"/undo/budget/{budget.pk}/", follow=True)
    assert "The budget applies again. Fox: $8.00 a month." in text_of(back)


def test_a_project_shows_its_own_line_of_a_budget_for_each_project(eva, fox, pay):
    owl = make_project("Owl", oz="manager")
    Budget.objects.create(scope="project", limit=10)
    pay("4", person("ana"), fox)
    pay("3", person("oz"), owl)
    ((line,),) = ([*budget.lines] for budget in listing.visible_budgets(eva, fox))
    assert (line.name, line.gauge.spent) == ("Fox", Decimal(4))


def test_everybody_sees_what_limits_them_and_nothing_else(admin, manager, maker, fox, pay):
    owl = make_project("Owl", oz="manager")
    ana, oz = person("ana"), person("oz")
    pay("1", ana, fox)
    pay("2", oz, owl)
    of = Budget.objects.create
    house = of(scope="house", limit=100)
    foxes = of(scope="project", project=fox, limit=11)
    owls = of(scope="project", project=owl, limit=12)
    anas, ozs = of(scope="person", person=ana, limit=13), of(scope="person", person=oz, limit=14)
    each = of(scope="person", limit=15, period="day")
    expected = {
        admin: {house, foxes, owls, anas, ozs, each},
        manager: {house, foxes, each},
        maker: {house, foxes, anas, each},
        logged_in(oz): {house, owls, ozs, each},
        logged_in(person("sam")): {house, each},
    }
    for client, budgets in expected.items():
        html = client.get(PAGE).content.decode()
        keys = {int(key) for key in re.findall(r'href="/spend/budgets/(\d+)/"', html)}
        assert keys == {budget.pk for budget in budgets}
        for budget in Budget.objects.all():
            status = client.get(budget.get_absolute_url()).status_code
            assert status == (200 if budget in budgets else 404)
    assert "oz" in text_of(admin.get(PAGE))
    assert " oz " not in text_of(maker.get(PAGE))
    assert "$2.00 of $15.00" not in text_of(maker.get(PAGE))


def test_managers_make_budgets_of_their_projects_alone(manager, maker, fox):
    owl = make_project("Owl", oz="manager")
    page = manager.get(f"{NEW}?project={fox.slug}").content.decode()
    assert re.search(rf'value="project:{fox.pk}" selected', page)
    assert f"project:{owl.pk}" not in page
    for target in ("house", "person", f"project:{owl.pk}", f"person:{person('ana').pk}", "x", ""):
        response = manager.post(NEW, {"target": target, "limit": "5", "period": "day"})
        assert response.status_code == 422
    good = {"target": f"project:{fox.pk}", "limit": "5", "period": "day"}
    assert manager.post(NEW, good).status_code == 302
    budget = Budget.objects.get()
    assert maker.get(NEW).status_code == 403
    assert maker.post(budget.get_absolute_url(), good).status_code == 403
    assert maker.post(f"{budget.get_absolute_url()}end/").status_code == 403


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"limit": "NaN"}, "Enter a sum in dollars, such as 50 or 12.50."),
        ({"limit": "0"}, "A budget of $0 stops everything."),
        ({"limit": "1e400"}, "No budget is above $1,000,000,000.00"),
        ({"limit": "0.00000000001"}, "at most 9 places after the point"),
        ({"limit": "5", "begins_on": "2026-01-01"}, "Only a budget that is spent once has dates"),
        ({"limit": "5", "period": "once", "ends_on": "2020-01-01"}, "This day is over"),
        (
            {"limit": "5", "period": "once", "begins_on": "2990-02-01", "ends_on": "2990-01-01"},
            "The budget would end before it begins.",
        ),
    ],
)
def test_bad_input_stays_with_a_sentence_beside_it(admin, posted, sentence):
    response = admin.post(NEW, {"target": "house", "period": "month"} | posted)
    assert response.status_code == 422
    assert sentence in text_of(response)
    for value in posted.values():
        assert value in response.content.decode()
    assert not Budget.objects.exists()


def test_less_than_is_spent_needs_a_tick(admin, pay, user):
    pay("7.25", user)
    post = {"target": f"person:{user.pk}", "limit": "5", "period": "day"}
    refused = admin.post(NEW, post)
    assert "ana has already spent $7.25 today." in text_of(refused)
    assert admin.post(NEW, post | {"is_below_fine": "1"}).status_code == 302
    assert "nothing left" in text_of(admin.get(PAGE))


def test_a_second_budget_of_the_same_names_the_first(admin):
    post = {"target": "house", "limit": "5", "period": "month"}
    admin.post(NEW, post)
    second = admin.post(NEW, post)
    assert second.status_code == 422
    assert "The house has such a budget already: $5.00 a month." in text_of(second)
    first = Budget.objects.get()
    assert f'href="{first.get_absolute_url()}"' in second.content.decode()
    assert admin.post(NEW, post | {"period": "day"}).status_code == 302
    admin.post(f"{first.get_absolute_url()}end/")
    admin.post(NEW, post)
    back = admin.post(f"/undo/budget/{first.pk}/", follow=True)
    assert "now has another such budget" in text_of(back)
    assert Budget.objects.filter(ended_at=None).count() == 2


def test_a_budget_that_is_spent_once_begins_today(admin):
    today = timezone.localdate()
    end = today + timedelta(days=3)
    admin.post(NEW, {"target": "house", "limit": "5", "period": "once", "ends_on": f"{end}"})
    budget = Budget.objects.get()
    assert (budget.begins_on, budget.ends_on) == (today, end)
    assert budget.limit == Decimal(5)


def test_a_budget_of_sessions_has_no_period(admin):
    post = {"target": "session", "limit": "5", "period": "month"}
    assert "Each session of an assistant: $5.00 a session." in text_of(
        admin.post(NEW, post, follow=True)
    )
    assert admin.post(NEW, post | {"period": "day"}).status_code == 422
    (budget,) = Budget.objects.all()
    page = budget.get_absolute_url()
    assert admin.post(page, {"limit": "6", "period": "once"}).status_code == 302
    budget.refresh_from_db()
    assert budget.limit == 6


def test_a_budget_that_has_not_begun_or_is_over_says_so(admin, eva):
    today = timezone.localdate()
    later, ago = today + timedelta(days=40), today - timedelta(days=9)
    Budget.objects.create(scope="person", person=eva, period="once", begins_on=later, limit=5)
    Budget.objects.create(scope="house", period="once", begins_on=ago, ends_on=ago, limit=5)
    page = text_of(admin.get(PAGE))
    assert f"Begins {later.day} {later:%B}" in page
    assert "Over" in page
