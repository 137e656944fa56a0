"""In the admin, superusers can give a project a manager; private projects are read-only."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from projects.admin import NO_MANAGER
from projects.models import Membership, Project
from projects.models.project import private_project
from tests.projects.people import logged_in, make_project, person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def root(db: None) -> Client:
    return logged_in(User.objects.create_superuser("root"))


def post(project: Project, **members: str) -> dict[str, str]:
    """Return the post that gives the project's only member another role, or removes them."""
    (member,) = Membership.objects.filter(project=project)
    return {
        "name": project.name,
        "description": "",
        "retention_days": "",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(member.pk),
        "memberships-0-project": str(project.pk),
        "memberships-0-user": str(member.user_id),
        **{f"memberships-0-{name}": value for name, value in members.items()},
    }


def test_a_project_keeps_a_manager(root, user):
    project = make_project("Fox", ana="manager")
    address = f"/admin/projects/project/{project.pk}/change/"
    for members in ({"role": "maker"}, {"role": "manager", "DELETE": "on"}):
        response = root.post(address, post(project, **members))
        assert NO_MANAGER in response.content.decode()
    data = post(project, role="manager", user=str(person("ben").pk))
    assert root.post(address, data).status_code == 302
    assert Membership.objects.get(project=project).user.get_username() == "ben"


def test_a_private_project_is_read_only(root, user):
    address = f"/admin/projects/project/{private_project(user).pk}/change/"
    assert 'name="_save"' not in root.get(address).content.decode()
    assert root.post(address, post(private_project(user), role="viewer")).status_code == 403
    assert root.get("/admin/projects/project/").status_code == 200
    assert root.get("/admin/projects/project/?q=ana").status_code == 200
