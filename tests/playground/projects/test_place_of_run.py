"""A form filled in from a run opens in the run's project, for users who may run there."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.models import Endpoint
from projects import current
from projects.models import Project
from runs.models import Run
from tests.playground.projects.people import signed_in
from tests.projects.people import make_project, person
from tests.tables import each_row

pytestmark = pytest.mark.django_db
PAGES = ["{model}?run={run}&times=2", "/compare/new/?model={id}&run={run}"]


@pytest.fixture
def acme(user: User) -> Project:
    return make_project("Acme", ana="manager", ben="maker", cleo="viewer")


@pytest.fixture
def run(acme: Project, flux: Endpoint, make_run: Any) -> Run:
    arguments = {"prompt": "a quokka"}
    run: Run = make_run(
        endpoint=flux, user=person("ana"), project=acme, arguments=arguments, state="succeeded"
    )
    return run


def open_page(browser: Client, page: str, run: Run) -> Any:
    endpoint = run.endpoint
    model, name = endpoint.get_absolute_url(), endpoint.endpoint_id
    return browser.get(page.format(model=model, id=name, run=run.pk))


@pytest.mark.parametrize("page", PAGES)
def test_it_opens_where_the_run_lives_with_what_the_address_says(run, page):
    ben = signed_in("ben")
    answer = open_page(ben, page, run)
    assert answer.status_code == 302
    query = page.partition("?")[2].format(id="fal-ai%2Fflux%2Fdev", run=run.pk)
    assert answer["Location"].endswith(f"?{query}&project=acme")
    form = ben.get(answer["Location"])
    assert "a quokka" in form.content.decode()
    assert current.chosen(User.objects.get(username="ben")).slug == "acme"
    assert open_page(ben, page, run).status_code == 200  # the user works in this project by now


@each_row("page", PAGES)
@each_row("who", ["cleo", "dora"])
def test_who_may_begin_nothing_there_stays_where_they_work(run, who, page):
    assert open_page(signed_in(who), page, run).status_code == 200


@each_row("page", PAGES)
def test_an_address_that_names_a_project_decides(run, page):
    assert open_page(signed_in("ben"), f"{page}&project=private", run).status_code == 200


def test_hidden_runs_and_archived_projects_lead_nowhere(run, acme):
    ben = signed_in("ben")
    Run.objects.update(is_hidden=True)
    assert open_page(ben, PAGES[0], run).status_code == 200
    Run.objects.update(is_hidden=False)
    Project.objects.filter(pk=acme.pk).update(archived_at=timezone.now())
    assert open_page(ben, PAGES[0], run).status_code == 200


def test_a_result_to_use_opens_in_its_project(run):
    page = run.endpoint.get_absolute_url()
    answer = signed_in("ben").get(f"{page}?use={run.pk}/a0/image_url")
    assert answer["Location"].endswith("image_url&project=acme")
