"""Every app registers what it does for its runs, and no two apps use the same name."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

from django.apps import apps
from django.conf import settings

import fal
from core.notify import channel
from playground.form.prefill import sources
from runs.promises import registry
from runs.promises.keeping import Keeps
from runs.promises.lifecycle import Lifecycle
from runs.promises.places import Places


def has_no_repeats(names: Iterable[str]) -> bool:
    listed = list(names)
    return len(listed) == len(set(listed))


def test_every_app_with_an_owner_module_is_registered():
    with_promises = {
        apps.get_containing_app_config(".".join(file.relative_to(settings.BASE_DIR).parts[:-1]))
        for pattern in ("*/owner.py", "features/*/owner.py", "house/*/owner.py", "runs/*/owner.py")
        for file in settings.BASE_DIR.glob(pattern)
    }
    registered = [
        apps.get_containing_app_config(type(owner).__module__)
        for owner in registry.registered(registry.RunOwner)
    ]
    assert set(registered) == with_promises
    assert has_no_repeats(app.name for app in registered if app)
    assert len(with_promises) > 5


def test_who_finds_places_says_which_rows_name_runs():
    for owner in registry.registered(Places):
        finds_places = type(owner).places_of is not Places.places_of
        assert bool(owner.models_of_places) == finds_places, owner


def test_no_name_belongs_to_two_apps():
    on_pages = registry.registered(Places)
    assert has_no_repeats(view for owner in on_pages for view in owner.live_views())
    assert has_no_repeats(kind for owner in on_pages for kind in owner.run_groups())
    of_apps = [kind for owner in registry.registered(Lifecycle) for kind in owner.form_sources()]
    assert has_no_repeats(sources.link_kinds())
    # the apps' kinds come last, so they hide none of the page's own
    assert sources.link_kinds()[-len(of_apps) :] == of_apps
    relations = [
        relation for owner in registry.registered(Keeps) for relation in owner.handed_over()
    ]
    assert has_no_repeats(relation.label for relation in relations)
    assert len({(relation.model, relation.field) for relation in relations}) == len(relations)


def test_jobs_have_names_of_their_own_and_need_a_key_for_upstream():
    signal, upstream = channel.Signal(), cast("fal.Clients", FakeClients())
    with_key, without = (
        [
            job.name
            for owner in registry.registered(Lifecycle)
            for job in owner.jobs(signal, clients)
        ]
        for clients in (upstream, None)
    )
    assert has_no_repeats(with_key)
    assert set(with_key) - set(without) == {
        "read the account's workflows",
    }


class FakeClients:
    """The part of the clients that is needed to name the jobs."""

    workflows: Any = None
    files: Any = None
    account: Any = SimpleNamespace(has_key=True)
