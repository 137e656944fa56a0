"""Private runs: admins see that they happened, and read their content only with a reason."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from accounts.audit.entries import AuditEntry
from api import tokens
from projects.models import Look
from runs.models import Artifact, Run
from tests.conftest import grant
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
SECRET = "a heron at dawn"
REASON = "A complaint about costs, ticket 4711"


@pytest.fixture
def eva(db: None) -> User:
    """An admin who may see that runs happened."""
    person = User.objects.create_user("eva", password="pw")
    grant(person, "playground.view_run", "playground.cancel_any_run", "playground.delete_run")
    return person


@pytest.fixture
def admin(client: Client, eva: User) -> Client:
    client.force_login(eva)
    return client


@pytest.fixture
def secret(make_run: Any) -> Run:
    """A private run of ana's, with a title, a prompt, an output and a file."""
    run: Run = make_run(
        state="succeeded",
        title=SECRET,
        arguments={"prompt": SECRET},
        output={"images": [{"url": f"https://v3.fal.media/{SECRET.replace(' ', '-')}.png"}]},
        billable_units="2",
    )
    address = f"https://v3.fal.media/{SECRET.replace(' ', '-')}.png"
    Artifact.objects.create(run=run, position=0, path="images[0]", kind="image", url=address)
    return run


def look(client: Client, run: Run, reason: str = REASON) -> Any:
    return client.post(f"/people/looks/run/{run.pk}/", {"reason": reason})


def says(response: Any) -> str:
    text: str = response.content.decode()
    return text


LISTS = ("/runs/?whose=*", "/runs/?whose=ana", "/runs/newer/?whose=*&since=2020-01-01T00:00:00Z")


@pytest.mark.parametrize("page", LISTS[:2])
def test_a_list_says_that_it_happened_and_no_more(admin: Client, secret: Run, page: str) -> None:
    text = says(admin.get(page))
    assert str(secret.pk) in text
    assert "private run of ana" in text
    assert secret.endpoint.name in text
    assert "heron" not in text


@pytest.mark.parametrize("page", LISTS)
def test_a_search_does_not_find_its_words(admin: Client, secret: Run, page: str) -> None:
    assert str(secret.pk) not in says(admin.get(f"{page}&q=heron"))
    assert "1 " not in says(admin.get(f"{LISTS[2]}&q=heron"))


@pytest.mark.parametrize("reason", ["because", " " * 20, "x" * 501])
def test_a_reason_that_says_nothing_is_sent_back(admin: Client, secret: Run, reason: str) -> None:
    response = look(admin, secret, reason)
    assert response.status_code == 422
    assert reason.strip() in says(response)
    assert "heron" not in says(response)
    assert not Look.objects.exists()
    assert not AuditEntry.objects.filter(event="looked at").exists()


def test_with_a_reason_lists_show_it_and_its_user_is_told_there(
    admin: Client, secret: Run, user: User
) -> None:
    look(admin, secret)
    assert SECRET in says(admin.get("/runs/?whose=*"))
    assert AuditEntry.objects.get(event="looked at").remote_addr == "127.0.0.1"
    admin.force_login(user)
    text = says(admin.get(f"/runs/{secret.pk}/"))
    assert "Looked at by an admin" in text
    assert REASON in text


def test_a_look_is_for_one_admin_and_one_run(admin: Client, secret: Run, make_run: Any) -> None:
    other = make_run(state="succeeded", title="another")
    look(admin, secret)
    assert "Why do you need" in says(admin.get(f"/runs/{other.pk}/"))
    bob = User.objects.create_user("bob")
    grant(bob, "playground.view_run")
    bobs = Client()
    bobs.force_login(bob)
    assert "Why do you need" in says(bobs.get(f"/runs/{secret.pk}/"))


@pytest.mark.parametrize("address", ["/runs/{pk}/run.json", "/runs/{pk}/uses/"])
def test_its_files_and_uses_are_closed(admin: Client, secret: Run, address: str) -> None:
    assert admin.get(address.format(pk=secret.pk)).status_code == 404


def test_the_api_shows_nothing_and_still_cancels_and_deletes(
    admin: Client, eva: User, secret: Run, make_run: Any
) -> None:
    _, token = tokens.create(eva, "script")
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/api/v1/runs/{secret.pk}"
    assert admin.get(path, headers=headers).status_code == 404
    assert "heron" not in says(admin.get("/api/v1/runs?q=heron", headers=headers))
    running = make_run(state="running", arguments={"prompt": SECRET})
    cancelled = admin.post(f"/api/v1/runs/{running.pk}/cancellation", headers=headers)
    assert (cancelled.status_code, cancelled.content) == (204, b"")
    assert admin.delete(path, headers=headers).status_code == 204
    secret.refresh_from_db()
    assert secret.deleted_at


def test_admins_cancel_delete_and_bring_back_without_seeing_it(
    admin: Client, secret: Run, make_run: Any
) -> None:
    headers = {"HX-Request": "true", "HX-Target": f"run-{secret.pk}"}
    running = make_run(state="running", title=SECRET)
    assert admin.post(f"/runs/{running.pk}/cancellation/", headers=headers).status_code < 400
    for address in ("/runs/deletion/", "/runs/recovery/"):
        response = admin.post(address, {"run": secret.pk}, headers=headers)
        assert response.status_code < 400
        assert "heron" not in says(response)
        assert bool(Run.objects.get(pk=secret.pk).deleted_at) == ("deletion" in address)


def test_a_deleted_run_is_covered_too(admin: Client, secret: Run) -> None:
    Run.objects.filter(pk=secret.pk).update(deleted_at=timezone.now())
    for page in (f"/runs/{secret.pk}/", "/runs/?state=deleted&whose=*"):
        response = admin.get(page)
        assert response.status_code == 200
        assert "heron" not in says(response)
    assert str(secret.pk) not in says(admin.get("/runs/?state=deleted&whose=*&q=heron"))


def test_the_django_admin_shows_no_words_of_it(admin: Client, secret: Run) -> None:
    for page in ("", "?q=heron", f"{secret.pk}/change/"):
        assert "a heron" not in says(admin.get(f"/admin/playground/run/{page}"))


def test_an_admin_publishes_nothing_unseen(admin: Client, eva: User, secret: Run) -> None:
    grant(eva, "playground.publish_any_run", "playground.change_run")
    assert admin.post(f"/runs/{secret.pk}/example/", {"example": "1"}).status_code == 404
    assert admin.post(f"/runs/{secret.pk}/star/").status_code == 404


def test_examples_and_shared_runs_stay_open(
    admin: Client, secret: Run, user: User, make_run: Any
) -> None:
    fox = make_project("Fox", ana="manager")
    shared = make_run(state="succeeded", title="for the team", project=fox)
    hidden = make_run(state="succeeded", title="hidden there", project=fox, is_hidden=True)
    Run.objects.filter(pk=secret.pk).update(is_example=True)
    assert SECRET in says(admin.get(f"/runs/{secret.pk}/"))
    assert "for the team" in says(admin.get(f"/runs/{shared.pk}/"))
    assert "hidden there" not in says(admin.get(f"/runs/{hidden.pk}/"))
