"""A project's slug is readable, unique, and no existing address; its creator manages it."""

import pytest
from django.urls import reverse

from projects import creation
from projects.models import Membership, Project
from tests.accounts.audit.audited import events
from tests.projects.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Spring campaign", "spring-campaign"),
        ("春のキャンペーン", "春のキャンペーン"),
        ("🎄🎅", "project"),
        ("Private", "shared-private"),
        ("new", "new-2"),
        ("x" * 80, "x" * 48),
    ],
)
def test_a_slug_is_made_of_the_name(user, name, slug):
    project = creation.create(user, name=name)
    assert project.slug == slug
    assert reverse("projects:project", args=[project.key])


def test_equal_names_get_different_slugs(user):
    slugs = [creation.create(user, name=name).slug for name in ("Fox", "fox", "FOX!", "fox 2")]
    assert slugs == ["fox", "fox-2", "fox-3", "fox-2-2"]


def test_the_maker_manages_and_the_log_knows(user):
    project = creation.create(user, name="Fox", description="d", hides_new_runs=True)
    assert list(Membership.objects.filter(project=project).values_list("user", "role")) == [
        (user.pk, "manager")
    ]
    assert Project.objects.get(pk=project.pk).hides_new_runs
    entry = events().get(kind="projects.project")
    assert (entry.actor_name, entry.event, entry.object_repr) == ("ana", "made", "Fox")


def test_a_private_slug_is_free_for_the_next_account(user):
    creation.create(user, name=f"private {user.pk + 1}")
    assert person("ben").private_project.slug.startswith("private-")
