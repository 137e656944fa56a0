"""A model's page in a project: where new runs live, and the members who may start none."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Project
from runs.models import Preset, Run, Upload
from runs.realtime import tickets
from runs.realtime.sessions import LiveSession, SessionLimitReached
from tests.playground.projects.people import signed_in
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def acme(user: User) -> Project:
    return make_project("Acme", ana="manager", ben="maker", cleo="viewer")


@pytest.fixture
def ana(acme: Project) -> Client:
    return signed_in("ana")


@pytest.fixture
def cleo(acme: Project) -> Client:
    return signed_in("cleo")


def test_a_run_lives_in_the_project_that_the_page_showed(flux, acme, ana):
    page = flux.get_absolute_url()
    html = ana.get(f"{page}?project=acme").content.decode()
    assert f'action="{page}?project=acme"' in html
    assert 'data-upload-url="/uploads/?project=acme"' in html
    ana.get(f"{page}?project=private")  # another tab has switched projects since
    ana.post(f"{page}?project=acme", {"prompt": "a quokka"})
    run = Run.objects.get()
    assert (run.project, run.is_hidden, run.is_example) == (acme, False, False)


def test_a_run_is_hidden_where_the_project_hides_new_ones(flux, acme, ana):
    Project.objects.update(hides_new_runs=True)
    ana.post(f"{flux.get_absolute_url()}?project=acme", {"prompt": "a quokka"})
    assert Run.objects.get().is_hidden


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_viewer_is_refused_and_keeps_what_they_typed(flux, cleo, headers):
    address = f"{flux.get_absolute_url()}?project=acme"
    answer = cleo.post(address, {"prompt": "typed with care"}, headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "data-refused" in text
    assert "Ask ana to make you a maker" in text
    assert not Run.objects.exists()
    if headers:
        assert answer.headers["HX-Reswap"] == "none"  # htmx leaves the form as it is
    else:
        assert "typed with care" in text


def test_a_viewer_stores_no_file_and_no_preset_there(flux, cleo):
    posted = {"file": SimpleUploadedFile("a.txt", b"words"), "kind": "file"}
    answer = cleo.post("/uploads/?project=acme", posted)
    assert answer.status_code == 403
    assert "Ask ana" in answer.json()["error"]
    known = cleo.post("/uploads/known/?project=acme", {"name": "a.txt", "size_bytes": "5"})
    assert known.status_code == 403
    address = f"/presets/of/{flux.endpoint_id}/?project=acme"
    answer = cleo.post(address, {"name": "foggy", "arguments": '{"prompt": "fog"}'})
    assert (answer.status_code, "data-refused" in answer.content.decode()) == (403, True)
    assert "fog" in answer.content.decode()
    assert not Upload.objects.exists()
    assert not Preset.objects.exists()


def test_a_ticket_for_a_live_session_names_the_project(make_endpoint, settings, acme, ana, cleo):
    settings.REALTIME_URL = "wss://vitrine.test/live"
    endpoint = make_endpoint("fal-ai/fast", tags=["realtime"])
    answer = ana.post(f"/tickets/{endpoint.endpoint_id}/?project=acme")
    ticket = tickets.verify(answer.json()["url"].partition("ticket=")[2])
    assert ticket is not None
    assert (ticket.user_id, ticket.project_id) == (person("ana").pk, acme.pk)
    begin = async_to_sync(LiveSession.begin)
    live = begin(ticket, endpoint, {"prompt": "a quokka"}, "live:test")
    assert live.run.project == acme
    acme.memberships.filter(user=person("ana")).delete()
    with pytest.raises(SessionLimitReached, match="no longer a member"):
        begin(ticket, endpoint, {"prompt": "a quokka"}, "live:test")
    acme.memberships.create(user=person("ana"), role="manager")
    refused = cleo.post(f"/tickets/{endpoint.endpoint_id}/?project=acme")
    assert (refused.status_code, "Ask ana" in refused.content.decode()) == (403, True)
