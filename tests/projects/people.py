"""Projects with members, for the tests of all apps."""

from django.contrib.auth.models import User
from django.test import Client

from projects import current
from projects.creation import free_slug
from projects.models import Membership, Project


def make_project(name: str, /, **members: str) -> Project:
    """`make_project("Acme", ana="manager", ben="viewer")`; missing accounts are created."""
    project = Project.objects.create(name=name, slug=free_slug(name))
    for username, role in members.items():
        user, _ = User.objects.get_or_create(username=username)
        Membership.objects.create(project=project, user=user, role=role)
    return project


def person(name: str) -> User:
    """Return the account with this name; create a missing one."""
    user, _ = User.objects.get_or_create(username=name)
    return user


def logged_in(user: User) -> Client:
    """A client in which the user is logged in."""
    client = Client()
    client.force_login(user)
    return client


def member_with(project: Project, role: str) -> User:
    """Return the first member who has the role."""
    return Membership.objects.filter(project=project, role=role).earliest("pk").user


def working_in(project: Project, user: User) -> Client:
    """Return a client in which the user is logged in and has chosen the project."""
    current.choose(user, project)
    return logged_in(user)
