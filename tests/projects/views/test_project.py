"""The pages of projects: the list, one project, its settings, a new one."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from house.models import Invitation
from projects import current
from projects.models import Membership, Project, Rule
from projects.models.project import private_project
from tests.conftest import grant
from tests.projects.people import logged_in, make_project, person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def ben(db: None) -> User:
    return person("ben")


@pytest.fixture
def fox(user: User, ben: User) -> Project:
    return make_project("Fox", ana="manager", ben="maker", vic="viewer")


def read_page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def test_the_list_has_role_members_and_the_last_run_that_one_sees(member, user, ben, fox, make_run):
    make_run(project=fox, user=ben, is_hidden=True)
    text = read_page(member, "/projects/")
    assert "Manager · 3 members" in " ".join(text.split())
    assert "last run" not in text
    make_run(project=fox, user=ben)
    assert "last run" in read_page(member, "/projects/")
    make_project("Secret", ben="manager")
    assert "Secret" not in read_page(member, "/projects/")


def test_a_project_s_page_is_its_members_alone(user, ben, stranger, fox):
    address = fox.get_absolute_url()
    manager, maker = read_page(logged_in(user), address), read_page(logged_in(ben), address)
    read_page(logged_in(stranger), address, 404)
    for name in ("ana", "ben", "vic"):
        assert name in manager
        assert name in maker
    assert "Person to add" in manager
    assert "sam" in manager
    assert "sam" not in maker  # makers cannot see the list of accounts


def test_a_new_project_is_made_once_and_worked_in(member, user):
    assert 'name="~token"' in read_page(member, "/projects/new/")
    post = {"name": "  Fox \n hunt ", "description": "", "hides_new_runs": "1", "~token": "t"}
    response = member.post("/projects/new/", post)
    project = Project.objects.get(name="Fox hunt")
    assert project.hides_new_runs
    assert response.headers["Location"] == "/projects/fox-hunt/"
    assert current.chosen(User.objects.get(pk=user.pk)) == project
    assert member.post("/projects/new/", post).headers["Location"] == "/projects/"
    assert Project.objects.filter(person=None).count() == 1
    assert member.post("/projects/new/", post | {"~token": "u"}).status_code == 302
    assert Project.objects.filter(slug="fox-hunt-2").exists()


@pytest.mark.parametrize("name", ["", "x" * 81, "a\0b"])
def test_a_name_that_cannot_be_is_explained(member, name):
    response = member.post("/projects/new/", {"name": name, "description": "kept words"})
    assert response.status_code == 422
    text = response.content.decode()
    assert 'aria-invalid="true"' in text
    assert "kept words" in text


@pytest.mark.parametrize("name", ["x" * 80, "<script>alert(1)</script>"])
def test_any_visible_name_will_do(member, name):
    response = member.post("/projects/new/", {"name": name})
    text = read_page(member, response.headers["Location"])
    assert "<script>alert" not in text
    assert Project.objects.filter(name=name).exists()


def test_settings_are_the_managers(user, ben, stranger, fox):
    address = f"{fox.get_absolute_url()}settings/"
    read_page(logged_in(stranger), address, 404)
    assert "Ask ana" in read_page(logged_in(ben), address, 403)
    client = logged_in(user)
    assert 'value="Fox"' in read_page(client, address)
    post = {"name": "Hare", "description": "", "hides_new_runs": "0", "retention_days": "30"}
    assert logged_in(ben).post(address, post).status_code == 403
    for days in ("0", "-1", "3651", "x", "1e3"):
        wrong = client.post(address, post | {"retention_days": days})
        assert wrong.status_code == 422
        assert "Enter a number of days from 1 to 3650" in wrong.content.decode()
    assert client.post(address, post).status_code == 302
    fox.refresh_from_db()
    assert (fox.name, fox.retention_days) == ("Hare", 30)
    client.post(address, post | {"retention_days": ""})
    fox.refresh_from_db()
    assert fox.retention_days is None


def test_of_two_managers_who_save_at_once_the_later_one_is_told(user, fox):
    Membership.objects.create(project=fox, user=person("eva"), role="manager")
    address = f"{fox.get_absolute_url()}settings/"
    ana, eva = logged_in(user), logged_in(person("eva"))

    def version(text: str) -> str:
        return str(re.findall(r'name="~version" value="(\w+)"', text)[0])

    drawn = version(read_page(ana, address))
    assert drawn == version(read_page(eva, address))
    post = {"description": "", "hides_new_runs": "0", "retention_days": ""}
    assert ana.post(address, post | {"name": "Hare", "~version": drawn}).status_code == 302
    late = post | {"name": "Fox & cubs", "retention_days": "9", "~version": drawn}
    answer = eva.post(address, late)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "They saved name “Hare” and delete runs after (days) “empty”." in text
    assert 'value="Fox &amp; cubs"' in text
    assert 'value="9"' in text
    fox.refresh_from_db()
    assert (fox.name, fox.retention_days) == ("Hare", None)
    assert eva.post(address, late | {"~version": version(text)}).status_code == 302
    fox.refresh_from_db()
    assert (fox.name, fox.retention_days) == ("Fox & cubs", 9)
    same = {**late, "~version": drawn}
    assert ana.post(address, same).status_code == 302, "both want the same"


def test_the_private_project_s_settings_have_only_the_retention(member, user):
    member.post("/projects/private/settings/", {"retention_days": "7", "name": "x"})
    private = private_project(User.objects.get(pk=user.pk))
    assert (private.name, private.retention_days) == ("Private", 7)


def test_archiving_and_deletion_are_offered_and_refused_in_words(member, user, fox, make_run):
    address = fox.get_absolute_url()
    run = make_run(project=fox)
    text = member.post(f"{address}deletion/", follow=True).content.decode()
    assert "is not empty: 1 run lives in it" in text
    member.post(f"{address}archiving/")
    assert "Bring it back" in read_page(member, f"{address}settings/")
    member.post(f"{address}recovery/")
    run.delete()
    member.post(f"{address}deletion/")
    read_page(member, address, 404)


def test_members_are_changed_on_the_page(member, user, ben, stranger, fox):
    address = f"{fox.get_absolute_url()}members/"
    text = member.post(address, {"user": stranger.pk, "role": "maker"}, follow=True)
    assert "sam is a member now." in text.content.decode()
    address_of_ben = f"{address}{ben.pk}/"
    text = member.post(address_of_ben, {"role": "viewer", "shown": "manager"}, follow=True)
    assert "Somebody else had made them a maker" in text.content.decode()
    removed = member.post(f"{address_of_ben}removal/", follow=True)
    assert "They are no longer a member." in removed.content.decode()
    (undo,) = re.findall(r'"(/undo/membership/[^"]+)"', removed.content.decode())
    assert logged_in(stranger).post(undo).status_code == 403
    back = member.post(undo, follow=True)
    assert "ben is a member of “Fox” again." in back.content.decode()
    assert Membership.objects.get(project=fox, user=ben).role == "viewer"
    left = logged_in(ben).post(f"{address_of_ben}removal/", follow=True).content.decode()
    assert "You have left" in left
    refused = member.post(f"{address}{user.pk}/removal/", follow=True).content.decode()
    assert "You are the only manager" in refused


def test_who_may_make_no_project_is_told_whom_to_ask(member, user):
    User.objects.create_superuser("boss")
    user.groups.clear()
    for refused in (member.get("/projects/new/"), member.post("/projects/new/", {"name": "Elk"})):
        assert refused.status_code == 403
        text = refused.content.decode()
        assert (
            "Your role does not allow you to create projects. Ask boss to create one for you."
            in text
        )
    assert not Project.objects.filter(name="Elk").exists()


def test_who_has_no_shared_project_is_told_what_they_are_for(member):
    text = read_page(member, "/projects/")
    assert "No shared projects yet" in text
    assert "Private" in text
    assert "Archived" not in text


def test_a_viewer_is_told_whom_to_ask(fox):
    text = read_page(logged_in(User.objects.get(username="vic")), fox.get_absolute_url())
    assert "Ask ana to make you a maker" in text
    assert "Ask ana to invite somebody." in text


def test_a_project_opens_on_what_its_rules_allow(user, fox, make_endpoint):
    for name in ("acme/one", "acme/two", "other/three"):
        make_endpoint(name)
    text = " ".join(read_page(logged_in(user), fox.get_absolute_url()).split())
    assert ">All 3 models</a> may run here." in text
    Rule.objects.create(project=fox, effect="forbid", kind="owner", value="other")
    text = " ".join(read_page(logged_in(user), fox.get_absolute_url()).split())
    assert ">2 of 3 models</a> may run here;" in text
    assert f'href="/models/?project={fox.slug}&amp;allowed=0">1 is locked</a>' in text
    assert text.index("may run here") < text.index("Pages of this project") < text.index("Members")


def test_a_manager_who_may_invite_does_so_on_the_project_s_page(member, user, fox):
    User.objects.create_superuser("root")
    text = read_page(member, fox.get_absolute_url())
    assert "Ask root to invite somebody who has no account here." in text
    assert 'id="project-invitation"' not in text
    grant(user, "auth.add_user")
    assert 'id="project-invitation"' in read_page(member, fox.get_absolute_url())
    posted = {"project": fox.pk, "project_role": "viewer", "role": "member", "days": 7}

    def invite(**more: str) -> Any:
        headers = {"hx-request": "true"}
        return member.post("/people/invitations/", {**posted, **more}, headers=headers)

    response = invite(max_uses="1")
    invitation = Invitation.objects.get()
    assert [(i.project, i.role) for i in invitation.projects.all()] == [(fox, "viewer")]
    assert "/people/invitations/" in response.content.decode()
    assert "<html" not in response.content.decode()
    refused = invite(email="a@")
    assert refused.status_code == 422
    assert "not an e-mail address" in refused.content.decode()
    assert 'value="a@"' in refused.content.decode()
