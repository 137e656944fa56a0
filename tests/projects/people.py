"""Projects with members, for the tests of everything that lives in them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from projects.creation import free_slug
from projects.models import Membership, Project


def make_project(name: str, /, **members: User | list[User]) -> Project:
    """`make_project("Campaign", manager=ada, viewer=[ben, eva])` → a shared project."""
    project = Project.objects.create(name=name, slug=free_slug(name))
    for role, people in members.items():
        for person in people if isinstance(people, list) else [people]:
            Membership.objects.create(project=project, user=person, role=role)
    return project


def person(name: str) -> User:
    """An account."""
    return User.objects.create_user(name, password="pw")


def logged_in(user: User) -> Client:
    """A client in which the user is logged in."""
    client = Client()
    client.force_login(user)
    return client
