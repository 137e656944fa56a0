"""Every app's promises to its runs are registered, and no two apps promise the same name."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User

import fal
from core.notify import channel
from playground.form.prefill import sources
from projects.models.project import private_project
from runs import owners
from runs.models import Run
from runs.owners import RunOwner


def has_no_repeats(names: Iterable[str]) -> bool:
    listed = list(names)
    return len(listed) == len(set(listed))


def test_every_app_with_an_owner_module_is_registered() -> None:
    with_promises = {file.parent.name for file in settings.BASE_DIR.glob("*/owner.py")}
    registered = [type(owner).__module__.partition(".")[0] for owner in owners.registered()]
    assert set(registered) == with_promises
    assert has_no_repeats(registered)
    assert with_promises >= {"runs", "playground", "notifications", "boards", "chats", "flows"}


def test_calling_ready_twice_registers_an_app_once() -> None:
    before = [type(owner) for owner in owners.registered()]
    apps.get_app_config("boards").ready()
    assert [type(owner) for owner in owners.registered()] == before


def test_no_name_belongs_to_two_apps() -> None:
    registered = list(owners.registered())
    assert has_no_repeats(view for owner in registered for view in owner.live_views())
    assert has_no_repeats(kind for owner in registered for kind in owner.run_groups())
    of_apps = [kind for owner in registered for kind in owner.form_sources()]
    assert has_no_repeats(sources.link_kinds())
    assert sources.link_kinds()[-len(of_apps) :] == of_apps  # none hides one of the page's own
    relations = [relation for owner in registered for relation in owner.handed_over()]
    assert has_no_repeats(relation.label for relation in relations)
    assert len({(relation.model, relation.field) for relation in relations}) == len(relations)


def test_jobs_have_names_of_their_own_and_need_a_key_for_upstream() -> None:
    signal, upstream = channel.Signal(), cast("fal.Clients", FakeClients())
    with_key, without = (
        [job.name for owner in owners.registered() for job in owner.jobs(signal, clients)]
        for clients in (upstream, None)
    )
    assert has_no_repeats(with_key)
    assert set(with_key) - set(without) == {
        "read the account's workflows",
        "files of workflows' steps",
    }


class FakeClients:
    """As much of the clients as it takes to name the jobs."""

    workflows: Any = None
    files: Any = None
    account: Any = SimpleNamespace(has_key=True)


@pytest.mark.django_db
def test_an_owner_has_no_hooks_by_default(user: User, make_run: Any) -> None:
    owner, run, signal = RunOwner(), make_run(), channel.Signal()
    owner.on_start(user, {run: ["prompt:1"]})
    owner.on_named(user, {run: []})
    owner.on_end(run, {"state": Run.State.FAILED})
    owner.on_shown_end(user.pk, [run.pk])
    promises = [
        owner.places_of(user, run), owner.run_groups(), owner.live_views(),
        owner.notifies_of_end(run), owner.inputs_in_use(), owner.opened_files(user.pk),
        owner.held_bytes(user.pk), owner.names_of_weights(user.pk, ["/"]), owner.handed_over(),
        owner.news(user), owner.destinations(user), owner.form_sources(),
        owner.jobs(signal, None), owner.name_resolver(user, private_project(user)),
        owner.names_offered(user, private_project(user)),
    ]  # fmt: skip
    assert not any(promises)
