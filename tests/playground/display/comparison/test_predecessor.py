"""A run is compared with the one that it repeats, else with what came before it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from playground import rerun
from playground.display.comparison.predecessor import Predecessor, predecessor_of
from runs.models import Run

pytestmark = pytest.mark.django_db

Made = Callable[..., Run]


def test_a_rerun_is_compared_with_what_it_repeats(make_run: Made, user: User) -> None:
    original, _between = make_run(state="failed"), make_run()
    again = rerun.rerun(original, user)
    assert predecessor_of(user, again) == Predecessor(original.pk, "the run that it repeats")


def test_what_was_deleted_is_passed_over(make_run: Made, user: User) -> None:
    original, between = make_run(state="failed"), make_run()
    again = rerun.rerun(original, user)
    Run.objects.filter(pk=original.pk).update(deleted_at=timezone.now())
    assert predecessor_of(user, again) == Predecessor(between.pk, "the run before it")


def test_a_variation_is_compared_with_the_one_before_it(make_run: Made, user: User) -> None:
    before, batch = make_run(), uuid.uuid4()
    first, _between, second = make_run(batch=batch), make_run(), make_run(batch=batch)
    assert predecessor_of(user, second) == Predecessor(first.pk, "the variation before it")
    assert predecessor_of(user, first) == Predecessor(before.pk, "the run before it")


def test_runs_of_other_models_and_people_are_no_predecessors(
    make_run: Made, make_endpoint: Callable[..., object], user: User, stranger: User
) -> None:
    run = make_run()
    make_run(endpoint=make_endpoint("a/other"))
    make_run(user=stranger)
    assert predecessor_of(user, run) is None
    last = make_run()
    assert predecessor_of(user, last) == Predecessor(run.pk, "the run before it")
