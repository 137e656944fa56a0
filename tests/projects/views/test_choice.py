"""The project in which a person works: chosen in the header, shown on every page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from projects import current
from projects.models import Project
from tests.projects.people import make_project

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def fox(user: User) -> Project:
    return make_project("Fox", ana="viewer")


def chosen(user: User) -> Project:
    return current.chosen(User.objects.get(pk=user.pk))


def choose(client: Client, slug: str, back: str = "/runs/") -> str:
    response = client.post(f"/projects/{slug}/choice/", {"next": back})
    assert response.status_code == 302
    return response.headers["Location"]


@pytest.mark.parametrize(
    ("back", "to"),
    [
        ("/runs/?q=a+fox&project=old&scope=all&before=x", "/runs/?q=a+fox"),
        ("/projects/old/", "/projects/fox-0/"),
        ("", "/projects/"),
        ("https://evil.test/", "/projects/"),
        ("//evil.test/", "/projects/"),
        ("/\\evil.test/", "/projects/"),
        ("javascript:alert(1)", "/projects/"),
        ("/no/such/page", "/projects/"),
    ],
)
def test_choosing_leads_back_to_the_page(member, user, back, to):
    project = make_project("Fox", ana="viewer")
    Project.objects.filter(pk=project.pk).update(slug="fox-0")
    assert choose(member, "fox-0", back) == to


def test_only_members_choose_and_nobody_an_archived_one(member, user, stranger, fox):
    secret = make_project("Secret", sam="manager")
    assert member.post(f"/projects/{secret.slug}/choice/").status_code == 404
    Project.objects.filter(pk=fox.pk).update(archived_at=timezone.now())
    assert choose(member, fox.slug) == fox.get_absolute_url()
    assert chosen(user).is_private
    member.get(f"/account/?project={fox.slug}")  # opening an archived project does not choose it
    assert chosen(user).is_private
