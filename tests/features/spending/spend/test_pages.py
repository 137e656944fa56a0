"""The pages of `/spend/`: for which users, what an address means, and errors in one."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from projects.models import Membership, Project
from runs.models import Charge
from tests.features.spending.spend.charges import bill, charge, days_ago, text_of, total_of_page
from tests.house.made import make_admin
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.django_db
LONG = f"from={days_ago(60)}"


@pytest.fixture
def acme(user: User, stranger: User) -> Project:
    """A project of Ana, a maker, and Sam, a manager, with runs of both, and runs elsewhere."""
    project = make_project("Acme", ana="maker", sam="manager")
    other = make_project("Secret plans", zoe="manager")
    charge(user, "1.00", project=project)
    charge(user, "0.10")  # in her private project
    charge(user, "0.01", days_ago(2), project=other)  # Ana was a member of this project once
    charge(stranger, "20.00", days_ago(2), project=project)
    charge(person("zoe"), "500.00", days_ago(2), project=other)
    return project


def test_everybody_sees_their_own_managers_their_projects_admins_all(acme, user, stranger):
    query = f"?{LONG}"
    assert total_of_page(logged_in(user), query) == Decimal("1.11")
    assert total_of_page(logged_in(stranger), query) == Decimal("21.00")
    assert total_of_page(logged_in(person("zoe")), query) == Decimal("500.01")
    assert total_of_page(logged_in(make_admin("eva")), query) == Decimal("521.11")
    assert total_of_page(logged_in(person("newcomer")), query) == 0


@pytest.mark.parametrize(
    ("who", "asked", "total"),
    [
        ("ana", "project=secret-plans", "0.01"),
        ("ana", "project=acme", "1.00"),
        ("ana", "person=sam", "0"),
        ("sam", "project=secret-plans", "0"),
        ("sam", "person=ana", "1.00"),
        ("sam", "project=private", "0"),
        ("zoe", "project=acme", "0"),
        ("zoe", "person=ana&project=secret-plans", "0.01"),
    ],
)
def test_no_filter_shows_more_than_somebody_sees(acme, who, asked, total):
    assert total_of_page(logged_in(person(who)), f"?{LONG}&{asked}") == Decimal(total)


@pytest.mark.parametrize("page", ["/spend/", "/spend/runs/", "/spend/export.csv"])
@pytest.mark.parametrize("by", ["person", "project", "model", "category", "door"])
def test_what_is_elsewhere_is_named_nowhere(acme, user, page, by):
    query = f"?{LONG}&by={by}&columns=runs"
    response: Any = logged_in(user).get(f"{page}{query}")
    body = b"".join(response.streaming_content) if response.streaming else response.content
    text = body.decode()
    for word in (r"\bsam\b", r"\bzoe\b", "Secret plans", r"\b5[02][01]\.", r"\b20\.00"):
        assert not re.search(word, text), word


def test_one_that_is_not_there_answers_like_one_that_is_elsewhere(acme, stranger):
    client = logged_in(stranger)
    pages = [
        text_of(client.get(f"/spend/?{LONG}&project={slug}"))
        .partition("<main")[2]
        .replace(slug, "")
        for slug in ("secret-plans", "nothing-here")
    ]
    assert pages[0] == pages[1]


def test_a_manager_who_was_removed_sees_their_own_alone(acme, stranger):
    Membership.objects.filter(user=stranger, project=acme).delete()
    page = logged_in(stranger).get(f"/spend/?{LONG}&by=project")
    assert "A project that you have left" in text_of(page)
    assert total_of_page(logged_in(stranger), f"?{LONG}") == 20


def test_who_left_and_what_is_gone_stay_in_the_sum(acme):
    gone = person("gone")
    charge(gone, "3.00")
    Membership.objects.filter(user=gone).delete()
    key = gone.pk
    gone.delete()
    assert Charge.objects.filter(user_id=key).exists()
    client = logged_in(make_admin("eva"))
    page = text_of(client.get(f"/spend/?{LONG}&by=person"))
    assert "Somebody who left" in page
    assert total_of_page(client, f"?{LONG}") == Decimal("524.11")
    assert total_of_page(client, f"?{LONG}&person=~gone") == 3
    assert total_of_page(client, f"?{LONG}&project=~gone") == 3
    assert total_of_page(client, f"?{LONG}&model=~gone") == Decimal("524.11")
    assert total_of_page(client, f"?{LONG}&category=~gone") == Decimal("524.11")


def test_each_row_of_the_table_leads_to_its_sum(member, user, make_endpoint):
    flux = make_endpoint("fal-ai/flux/dev", full_name="FLUX dev")
    charge(user, "2.00", endpoint=flux, door="board")
    charge(user, "0.50", endpoint=make_endpoint("a/video", category=""), door="api")
    charge(user, "0.25", endpoint=flux, door="")
    for query, total in {
        "model=fal-ai%2Fflux%2Fdev": "2.25",
        "category=text-to-image": "2.25",
        "category=none": "0.50",
        "door=board": "2.00",
        "door=~gone": "0.25",
        "door=board&model=a%2Fvideo": "0",
        "person=ana": "2.75",
    }.items():
        assert total_of_page(member, f"?{query}") == Decimal(total), query


def test_the_page_says_what_is_reserved_and_what_is_unknown(member, user):
    charge(user, "2.10", state="reserved")
    charge(user, None)
    page = text_of(member.get("/spend/"))
    assert "$2.10 of it is reserved for runs that are in progress or whose" in page
    assert "It leaves out 1 run of unknown cost." in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=yesterday", "Write a day as 2026-11-27."),
        ("from=2026-11-02&to=2026-11-01", "The last day is before the first one."),
        ("from=2024-01-01&to=2026-01-01&each=day", "That would be 732 bars"),
        ("by=colour", "“colour” is not a valid value for by."),
        ("model=%00", "is not a valid value for model."),
    ],
)
@pytest.mark.parametrize("page", ["/spend/", "/spend/runs/", "/spend/export.csv"])
def test_what_is_wrong_in_an_address_has_a_sentence(member, page, query, sentence):
    response = member.get(f"{page}?{query}")
    assert response.status_code == 422
    assert sentence in text_of(response)


def test_runs_are_listed_with_their_figures(member, user, make_run, make_endpoint):
    model = make_endpoint("fal-ai/flux/dev", full_name="FLUX dev")
    run = make_run(title="a lighthouse", endpoint=model)
    charge(user, "1.00", endpoint=model, run_id=run.pk)
    charge(user, "3.00", state="reserved")
    bill(charge(user, "9.00"), "2.00")
    page = text_of(member.get("/spend/runs/?order=dearest"))
    order = [page.index(f"{cost} <small") for cost in ("$3.00", "$2.00", "$1.00")]
    assert order == sorted(order)
    assert f'<a href="/runs/{run.pk}/"><bdi>a lighthouse</bdi></a>' in page


def test_a_manager_sees_the_sum_of_a_hidden_run_but_not_what_it_is(user, stranger, make_run):
    project = make_project("Acme", ana="maker", sam="manager")
    run = make_run(title="a lighthouse", project=project, is_hidden=True)
    charge(user, "1.00", project=project, run_id=run.pk, endpoint=run.endpoint)
    page = text_of(logged_in(stranger).get("/spend/runs/"))
    assert "$1.00" in page
    assert "lighthouse" not in page
    assert str(run.pk) not in page


def test_many_rows_end_with_one_of_the_rest(member, user, make_endpoint):
    for number in range(43):
        charge(user, f"0.{number + 100}", endpoint=make_endpoint(f"a/model-{number:02}"))
    page = text_of(member.get("/spend/"))
    assert re.search('<th scope="row">3 more</th> ?<td class="figure spent">[$]0.303</td>', page)
    assert total_of_page(member) == sum(Decimal(f"0.{number + 100}") for number in range(43))
