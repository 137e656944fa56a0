"""The check of rules when a run starts, and its cost: one query if there are no rules."""

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role, set_role
from catalog.models import Endpoint
from core.refusals import Refused
from projects.models import Rule
from projects.rules import editing, enforcement
from projects.rules.editing import Terms
from runs.models import Run
from runs.start import refused_starts, starting
from runs.start.starting import Source, StartRequest
from tests.conftest import grant
from tests.projects.people import make_project, person
from tests.runs.at_once import at_once

pytestmark = pytest.mark.both_databases


def request(user: User, endpoint: Endpoint, key: str = "k", **more: Any) -> StartRequest:
    return StartRequest(
        user=user, endpoint=endpoint, arguments={}, source=Source.FORM, key=key, **more
    )


@pytest.mark.django_db
def test_rules_cost_one_query_where_there_are_none_and_two_elsewhere(user, make_endpoint):
    project = make_project("Spring", ana="maker")
    endpoints = [make_endpoint(f"acme/{number}") for number in range(20)]
    requests = [
        request(user, endpoint, str(endpoint.pk), project=project) for endpoint in endpoints
    ]
    for count in (0, 1, 5):
        Rule.objects.bulk_create(
            Rule(kind="owner", value=f"nobody{number}") for number in range(count)
        )
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert (
                enforcement.first_refusal(
                    {(project, run_request.endpoint) for run_request in requests}
                )
                == ""
            )
        assert len(captured) == (2 if count else 1)
        Rule.objects.all().delete()
    with CaptureQueriesContext(connection) as captured:
        starting.start_many(requests)
    assert sum("projects_rule" in query["sql"] for query in captured.captured_queries) == 1


@pytest.mark.django_db
def test_one_locked_model_of_several_starts_none(user, make_endpoint):
    project = make_project("Spring", ana="maker")
    Rule.objects.create(project=project, kind="owner", value="bolt")
    requests = [
        request(user, make_endpoint("acme/a"), "1", project=project),
        request(user, make_endpoint("bolt/b"), "2", project=project),
    ]
    with pytest.raises(refused_starts.Forbidden, match="Forbid models of bolt"):
        starting.start_many(requests)
    assert not Run.objects.exists()
    starting.start(request(user, requests[1].endpoint, "3"))  # this one is in the private project
    assert Run.objects.get().project.is_private


@pytest.mark.django_db
def test_a_rule_of_another_project_locks_nothing_here(user, make_endpoint):
    here, there = make_project("Here", ana="maker"), make_project("There", ana="maker")
    endpoint = make_endpoint("bolt/b")
    Rule.objects.create(project=there, kind="owner", value="bolt")
    both = {(here, endpoint), (there, endpoint)}
    assert enforcement.refusal(here, endpoint) == ""
    assert "“There”" in enforcement.refusal(there, endpoint)
    assert "“There”" in enforcement.first_refusal(both)


@pytest.mark.django_db
def test_a_rule_outlives_who_made_it(user):
    rule = Rule.objects.create(kind="owner", value="bolt", made_by=user)
    user.delete()
    rule.refresh_from_db()
    assert rule.made_by is None


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_make_the_same_rule_make_one():
    eva = person("eva")
    grant(eva, "projects.change_house_rules")
    eva = User.objects.get(pk=eva.pk)
    press = partial(editing.add, eva, None, Terms("forbid", "owner", "bolt"))
    outcomes = at_once(press, press)
    assert Rule.objects.count() == 1
    assert sorted(isinstance(outcome, Refused) for outcome in outcomes) == [False, True]


@pytest.mark.django_db
def test_a_refusal_by_the_house_names_its_admins(user, make_endpoint):
    project = make_project("Spring", ana="manager")
    endpoint = make_endpoint("bolt/b")
    Rule.objects.create(kind="owner", value="bolt")
    assert "Ask an admin of Vitrine if it should run here." in enforcement.refusal(
        project, endpoint
    )
    set_role(person("eva"), Role.ADMIN, None)
    assert "Ask eva if it should run here." in enforcement.refusal(project, endpoint)
