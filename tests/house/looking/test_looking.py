"""Private runs: admins see that they happened, and read their content only with a reason."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.audit.entries import AuditEntry
from api import tokens
from features.boards.models import Cell
from features.flows.models import FlowRun, StepRun
from features.notifications.models import Notification
from projects.models import Look
from runs.models import Artifact, Run
from tests.accounts.audit.audited import events
from tests.accounts.things import Things, make_things
from tests.conftest import grant
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
SECRET = "a heron at dawn"
REASON = "A complaint about costs, ticket 4711"
WORD = "heron-at-dawn"
ROUTES = {
    "run": "playground:run",
    "board": "boards:board",
    "flow": "flows:flow",
    "flow-run": "flows:flow-run",
}
AROUND = ("board", "flow", "flow-run")  # what has runs in it
WORDS = {"run": "run", "board": "board", "flow": "flow", "flow-run": "flow run"}


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
def test_a_list_says_that_it_happened_and_no_more(admin, secret, page):
    text = says(admin.get(page))
    assert str(secret.pk) in text
    assert "private run of ana" in text
    assert secret.endpoint.name in text
    assert "heron" not in text


@pytest.mark.parametrize("page", LISTS)
def test_a_search_does_not_find_its_words(admin, secret, page):
    assert str(secret.pk) not in says(admin.get(f"{page}&q=heron"))
    assert "1 " not in says(admin.get(f"{LISTS[2]}&q=heron"))


@pytest.mark.parametrize("reason", ["because", " " * 20, "x" * 501])
def test_a_reason_that_says_nothing_is_sent_back(admin, secret, reason):
    response = look(admin, secret, reason)
    assert response.status_code == 422
    assert reason.strip() in says(response)
    assert "heron" not in says(response)
    assert not Look.objects.exists()
    assert not AuditEntry.objects.filter(event="looked at").exists()


def test_with_a_reason_lists_show_it_and_its_user_is_told_there(admin, secret, user):
    look(admin, secret)
    assert SECRET in says(admin.get("/runs/?whose=*"))
    assert AuditEntry.objects.get(event="looked at").remote_addr == "127.0.0.1"
    admin.force_login(user)
    text = says(admin.get(f"/runs/{secret.pk}/"))
    assert "Looked at by an admin" in text
    assert REASON in text


def test_a_look_is_for_one_admin_and_one_run(admin, secret, make_run):
    other = make_run(state="succeeded", title="another")
    look(admin, secret)
    assert "Why do you need" in says(admin.get(f"/runs/{other.pk}/"))
    bob = User.objects.create_user("bob")
    grant(bob, "playground.view_run")
    bobs = Client()
    bobs.force_login(bob)
    assert "Why do you need" in says(bobs.get(f"/runs/{secret.pk}/"))


@pytest.mark.parametrize("address", ["/runs/{pk}/run.json", "/runs/{pk}/uses/"])
def test_its_files_and_uses_are_closed(admin, secret, address):
    assert admin.get(address.format(pk=secret.pk)).status_code == 404


def test_the_api_shows_nothing_and_still_cancels_and_deletes(admin, eva, secret, make_run):
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


def test_admins_cancel_delete_and_bring_back_without_seeing_it(admin, secret, make_run):
    headers = {"HX-Request": "true", "HX-Target": f"run-{secret.pk}"}
    running = make_run(state="running", title=SECRET)
    assert admin.post(f"/runs/{running.pk}/cancellation/", headers=headers).status_code < 400
    for address in ("/runs/deletion/", "/runs/recovery/"):
        response = admin.post(address, {"run": secret.pk}, headers=headers)
        assert response.status_code < 400
        assert "heron" not in says(response)
        assert bool(Run.objects.get(pk=secret.pk).deleted_at) == ("deletion" in address)


def test_a_deleted_run_is_covered_too(admin, secret):
    Run.objects.filter(pk=secret.pk).update(deleted_at=timezone.now())
    for page in (f"/runs/{secret.pk}/", "/runs/?state=deleted&whose=*"):
        response = admin.get(page)
        assert response.status_code == 200
        assert "heron" not in says(response)
    assert str(secret.pk) not in says(admin.get("/runs/?state=deleted&whose=*&q=heron"))


def test_the_django_admin_shows_no_words_of_it(admin, secret):
    for page in ("", "?q=heron", f"{secret.pk}/change/"):
        assert "a heron" not in says(admin.get(f"/admin/playground/run/{page}"))


def test_an_admin_publishes_nothing_unseen(admin, eva, secret):
    grant(eva, "playground.publish_any_run", "playground.change_run")
    assert admin.post(f"/runs/{secret.pk}/example/", {"example": "1"}).status_code == 404
    assert admin.post(f"/runs/{secret.pk}/star/").status_code == 404


def test_examples_and_shared_runs_stay_open(admin, secret, user, make_run):
    fox = make_project("Fox", ana="manager")
    shared = make_run(state="succeeded", title="for the team", project=fox)
    hidden = make_run(state="succeeded", title="hidden there", project=fox, is_hidden=True)
    Run.objects.filter(pk=secret.pk).update(is_example=True)
    assert SECRET in says(admin.get(f"/runs/{secret.pk}/"))
    assert "for the team" in says(admin.get(f"/runs/{shared.pk}/"))
    assert "hidden there" not in says(admin.get(f"/runs/{hidden.pk}/"))


@dataclass
class House:
    """An admin's browser, and an object of each kind in ana's private project, with a run."""

    admin: Client
    things: Things
    run: Run

    def key(self, kind: str) -> Any:
        """Return the key of the object of a kind."""
        return self.things.parts["flow_run"] if kind == "flow-run" else self.things.keys[kind]

    def look(self, kind: str, reason: str = REASON) -> Any:
        """State a reason and open the object."""
        return self.admin.post(f"/people/looks/{kind}/{self.key(kind)}/", {"reason": reason})

    def status(self, route: str) -> int:
        """Return the status of a route about the object."""
        response = self.admin.get(self.things.address(route))
        if response.streaming:
            b"".join(response.streaming_content)  # type: ignore[attr-defined]
        return int(response.status_code)

    def read_page(self, kind: str) -> str:
        """Return the page of the object."""
        response = self.admin.get(self.things.address(ROUTES[kind]))
        assert response.status_code == 200
        return str(response.content.decode())


def complete(things: Things) -> Run:
    """Put the run into the flow's run, besides the board."""
    run = Run.objects.get(pk=things.keys["run"])
    flow_run = FlowRun.objects.get(pk=things.parts["flow_run"])
    StepRun.objects.create(flow_run=flow_run, step="s1", run=run, settled_at=timezone.now())
    return run


@pytest.fixture
def house(client: Client, eva: User, user: User, make_endpoint: Any) -> Any:
    client.force_login(eva)
    file = default_storage.save("tests/looking.png", ContentFile(b"\x89PNG\r\n\x1a\n"))
    things = make_things(user, make_endpoint(), file, word=WORD)
    yield House(client, things, complete(things))
    default_storage.delete(file)


@pytest.mark.parametrize("kind", ROUTES)
def test_with_a_reason_it_is_read_recorded_and_told(house, kind, user):
    assert "heron" not in house.read_page(kind)
    refused = house.look(kind, "because")
    assert refused.status_code == 422
    assert "heron" not in refused.content.decode()
    assert not Look.objects.exists()
    assert house.look(kind).headers["Location"] == house.things.address(ROUTES[kind])
    assert "heron" in house.read_page(kind)
    [entry] = events()
    assert (entry.event, entry.object_pk) == ("looked at", str(house.key(kind)))
    assert entry.detail == f"of ana, because: {REASON}"
    assert "heron" not in entry.object_repr
    [message] = Notification.objects.filter(user=user)
    assert message.subject == f"eva looked at one of your private {WORDS[kind]}s"
    assert REASON in message.text
    assert house.look(kind).status_code == 404  # it is open already


@pytest.mark.parametrize("kind", ROUTES)
def test_the_runs_in_it_and_their_files_are_open_with_it(house, kind):
    routes = ("playground:artifact", "playground:run-output")
    assert {house.status(route) for route in routes} == {404}
    house.look(kind)
    assert {house.status(route) for route in routes} == {200}


def test_a_look_at_a_run_opens_nothing_around_it(house):
    house.admin.post(f"/people/looks/run/{house.run.pk}/", {"reason": REASON})
    assert WORD in house.admin.get(house.run.get_absolute_url()).content.decode()
    for kind in AROUND:
        assert "heron" not in house.read_page(kind)


def test_a_look_opens_no_run_of_somebody_else(house, make_run, stranger):
    board = Cell.objects.get(run=house.run).board
    column, row = board.columns.get(), board.rows.get()
    other = make_run(state="succeeded", title="of-somebody-else", user=stranger)
    Cell.objects.create(board=board, row=row, column=column, seed="2", run=other)
    house.look("board")
    assert "of-somebody-else" not in house.read_page("board")
    assert not Look.objects.filter(row=other.pk).exists()


@pytest.mark.parametrize("kind", ROUTES)
def test_the_look_ends_after_a_day(house, kind):
    house.look(kind)
    Look.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert "heron" not in house.read_page(kind)
    house.look(kind)
    assert not Look.objects.filter(until__lt=timezone.now()).exists()


@pytest.mark.parametrize("kind", AROUND)
def test_nothing_can_be_changed_by_looking(house, kind):
    house.look(kind)
    keys = house.things
    acts = {
        "board": ["board-title", "board-deletion", "board-cancellation", "board-voting"],
        "flow": ["flow", "flow-deletion"],
        "flow-run": ["flow-run"],
    }
    space = ROUTES[kind].partition(":")[0]
    for act in acts[kind]:
        response = house.admin.post(keys.address(f"{space}:{act}"), {"title": "changed"})
        assert response.status_code == 404, act
    text = house.read_page(kind)
    assert 'name="~do" value="run"' not in text
    for act in ("deletion", "title"):
        assert f'/{act}/"' not in text.partition("<main")[2]


def test_a_run_says_what_it_is_part_of_without_titles(house):
    text = house.admin.get(house.run.get_absolute_url()).content.decode()
    for kind in ("board", "flow-run"):
        assert house.things.address(ROUTES[kind]) in text
    assert "heron" not in text


def test_what_is_hidden_in_a_shared_project_is_covered_from_members_with_the_permission(
    client, eva, user, make_endpoint
):
    client.force_login(eva)
    project = make_project("Acme", ana="maker", eva="manager")
    things = make_things(user, make_endpoint(), "x.png", project, word=WORD, is_hidden=True)
    hidden = House(client, things, complete(things))
    for kind in AROUND:
        Look.objects.all().delete()  # a look at a flow also opens the flow's runs
        assert "heron" not in hidden.read_page(kind)
        hidden.look(kind)
        assert "heron" in hidden.read_page(kind)
    for name in ("flows:flow-deletion", "boards:board-deletion"):
        assert client.post(things.address(name)).status_code == 404


def test_who_may_not_see_runs_learns_nothing(house, stranger):
    house.admin.force_login(stranger)
    for kind, route in ROUTES.items():
        assert house.admin.get(house.things.address(route)).status_code == 404
        assert house.look(kind).status_code == 403
    assert not Look.objects.exists()


@pytest.mark.parametrize("kind", ["preset", "nonsense"])
def test_other_kinds_are_not_there(house, kind):
    address = f"/people/looks/{kind}/{house.things.keys['preset']}/"
    assert house.admin.post(address, {"reason": REASON}).status_code == 404
