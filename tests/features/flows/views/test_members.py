"""Flows in a shared project: which members see, run, change and delete them, and where runs go."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.flows.execution import advance, steps
from features.flows.models import Flow, FlowRun
from projects.models import Membership, Project
from runs.models import Run
from tests.features.flows.conftest import fail, succeed
from tests.projects.people import make_project, member_with, working_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FLOWS = "/flows/"
FIELDS = {"~token": "t", "prompt": "a fox", "prompt_2": "in snow"}


@pytest.fixture
def project(user: User) -> Project:
    """A project with a member of each role; `user` manages it."""
    return make_project("Film", ana="manager", mia="maker", vera="viewer")


@pytest.fixture
def flow(flow: Flow, project: Project) -> Flow:
    """A flow of the manager in the project."""
    flow.project = project
    flow.save()
    return flow


def browser(project: Project, role: str) -> Client:
    return working_in(project, member_with(project, role))


def test_a_maker_runs_a_flow_and_everybody_sees_the_run(flow, project):
    maker, viewer = browser(project, "maker"), browser(project, "viewer")
    assert maker.post(flow.get_absolute_url(), FIELDS).status_code == 302
    flow_run = FlowRun.objects.get()
    run = Run.objects.get()
    mia = member_with(project, "maker")
    assert (flow_run.user, run.user) == (mia, mia)
    assert flow_run.project == run.project == project
    assert "mia" in viewer.get(flow.get_absolute_url()).content.decode()
    assert "a fox" in viewer.get(f"{flow.get_absolute_url()}?from={flow_run.pk}").content.decode()


def test_a_viewer_looks_and_reads_why_nothing_runs(flow, project):
    viewer = browser(project, "viewer")
    assert "fox, edited" in viewer.get(FLOWS).content.decode()
    refused = viewer.post(flow.get_absolute_url(), FIELDS)
    assert refused.status_code == 403
    assert "data-refused" in refused.content.decode()
    assert "in snow" in refused.content.decode()
    assert not Run.objects.exists()
    assert Flow.objects.count() == 1


def test_a_viewer_runs_it_in_another_project(flow, project):
    viewer = browser(project, "viewer")
    viewer.post(f"{flow.get_absolute_url()}?project=private", FIELDS)
    vera = member_with(project, "viewer")
    assert FlowRun.objects.get().project == Run.objects.get().project == vera.private_project
    theirs = browser(project, "manager").get(flow.get_absolute_url()).content.decode()
    assert "No runs yet" in theirs


def test_stopping_is_for_its_user_and_managers_and_trying_again_for_makers(flow, project):
    browser(project, "maker").post(flow.get_absolute_url(), FIELDS)
    flow_run, run = FlowRun.objects.get(), Run.objects.get()
    page = flow_run.get_absolute_url()
    assert browser(project, "viewer").post(page, {"~do": "cancel"}).status_code == 403
    second = User.objects.create_user("max")
    Membership.objects.create(project=project, user=second, role="maker")
    assert working_in(project, second).post(page, {"~do": "cancel"}).status_code == 403
    fail(run)
    for pk in advance.due():
        advance.advance(pk)
    assert browser(project, "viewer").post(page, {"~do": "again:s1:1"}).status_code == 403
    assert working_in(project, second).post(page, {"~do": "again:s1:1"}).status_code == 302
    again = Run.objects.exclude(pk=run.pk).get()
    # the member who pressed the button pays
    assert (again.user, again.project) == (second, project)
    succeed(again)
    for pk in advance.due():
        advance.advance(pk)
    third = Run.objects.exclude(pk__in=[run.pk, again.pk]).get()
    assert third.user == second
    assert browser(project, "manager").post(page, {"~do": "cancel"}).status_code == 302
    flow_run.refresh_from_db()
    assert flow_run.cancel_requested_at


def test_a_role_that_was_taken_away_stops_the_flow_with_the_reason(flow, project):
    browser(project, "maker").post(flow.get_absolute_url(), FIELDS)
    Membership.objects.filter(role="maker").update(role="viewer")
    succeed(Run.objects.get())
    for pk in advance.due():
        advance.advance(pk)
    flow_run = FlowRun.objects.get()
    assert flow_run.state == "failed"
    assert "make you a maker" in steps.current(flow_run)["s2"].not_sent


def test_a_flow_for_the_team_does_not_open_its_runs(flow, project, stranger, client):
    browser(project, "manager").post(flow.get_absolute_url(), FIELDS)
    flow_run = FlowRun.objects.get()
    client.force_login(stranger)
    assert not Flow.objects.findable(stranger).exists()
    Flow.objects.update(visibility="team")
    assert client.get(flow.get_absolute_url()).status_code == 200
    assert client.get(flow_run.get_absolute_url()).status_code == 404


def test_a_step_whose_run_was_hidden_or_moved_is_withheld(flow, project):
    browser(project, "maker").post(flow.get_absolute_url(), FIELDS)
    succeed(Run.objects.get(), "https://v3.fal.media/files/vixen.png")
    viewer, page = browser(project, "viewer"), FlowRun.objects.get().get_absolute_url()
    run = Run.objects.get()
    assert str(run.pk) in viewer.get(page).content.decode()
    for change in ({"is_hidden": True}, {"project": run.user.private_project}):
        Run.objects.update(is_hidden=False, project=project)
        Run.objects.update(**change)
        html = viewer.get(page).content.decode()
        assert "no longer shared" in html
        assert str(run.pk) not in html


def test_a_new_run_is_hidden_where_the_project_says_so(flow, project):
    Project.objects.filter(pk=project.pk).update(hides_new_runs=True)
    browser(project, "maker").post(flow.get_absolute_url(), FIELDS)
    assert FlowRun.objects.get().is_hidden
    assert Run.objects.get().is_hidden
