"""Shared projects with members, for the tests of every room."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from projects import current
from projects.models import Membership, Project


def make_project(name: str = "Film", **members: User | str) -> Project:
    """Return a shared project: `make_project("Film", manager=ada, maker=ben, viewer="cy")`.

    A name in place of a user makes one.
    """
    project = Project.objects.create(name=name, slug=name.lower())
    for role, person in members.items():
        user = person if isinstance(person, User) else User.objects.create_user(person)
        Membership.objects.create(project=project, user=user, role=role)
    return project


def member_with(project: Project, role: str) -> User:
    """Return the first member who has the role."""
    return Membership.objects.filter(project=project, role=role).earliest("pk").user


def working_in(project: Project, user: User) -> Client:
    """Return a client in which the user is logged in and has chosen the project."""
    current.choose(user, project)
    client = Client()
    client.force_login(user)
    return client
