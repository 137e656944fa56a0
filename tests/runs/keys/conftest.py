"""A secret for encryption, projects, and keys entered as admins enter them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from projects.models import Project
from runs.keys import new_key, vault
from runs.models import ProjectKey, Run
from tests.leaks.secrets import watch
from tests.projects.people import make_project
from tests.runs.conftest import Work
from tests.runs.start.started import start_run

Enter = Callable[..., ProjectKey]
AskIn = Callable[..., Run]


@pytest.fixture
def secret(settings: Any) -> str:
    """The secret with which this process encrypts keys."""
    settings.KEYS_SECRETS = [vault.new_secret()]
    return str(settings.KEYS_SECRETS[0])


@pytest.fixture
def admin(transactional_db: None) -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def spring(admin: User) -> Project:
    return make_project("Spring", root="manager")


@pytest.fixture
def enter(secret: str, admin: User, work: Work) -> Enter:
    """`enter(project, key)` → the row, after the worker has checked the key."""

    def make(project: Project, key: str) -> ProjectKey:
        watch(key)
        if not new_key.can_take():
            work(new_key.can_take)
        row = new_key.enter(project, key, admin)
        work(lambda: not ProjectKey.objects.filter(pk=row.pk, state="tried").exists())
        row.refresh_from_db()
        return row

    return make


@pytest.fixture
def ask_in(catalogue: None, admin: User) -> AskIn:
    """`ask_in(project, "sandbox/ridgeline", prompt="…")` → a new run in the project."""
    counter = iter(range(1000))

    def make(project: Project, endpoint_id: str, **arguments: Any) -> Run:
        endpoint = Endpoint.objects.get(endpoint_id=endpoint_id)
        run, _ = start_run(
            user=admin,
            endpoint=endpoint,
            key=f"in {next(counter)}",
            arguments=arguments,
            project=project,
        )
        return run

    return make
