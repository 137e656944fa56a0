"""A seed goes into the form of its model; whatever else stands there stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from playground.form import drafts, form_state
from playground.form.drafts import Tab
from playground.form.prefill import keep_seed

pytestmark = pytest.mark.django_db


def test_the_seed_is_added_to_what_is_typed(user: User, flux: Endpoint, make_run: Any) -> None:
    drafts.save(user, flux, {"prompt": ["a fox"]}, Tab())
    seed = 2**63 + 5  # beyond JavaScript's numbers
    run = make_run(endpoint=flux, state="succeeded", output={"seed": seed})
    filled = keep_seed.fill(user, flux, str(run.pk))
    assert filled is not None
    assert str(seed) in filled.notice
    arguments = form_state.parse_form_leniently(flux, filled.post).arguments
    assert (arguments["prompt"], arguments["seed"]) == ("a fox", seed)


@pytest.mark.parametrize("key", ["", "x", "8c1fdf8a-5d0b-4c2e-9a53-0d6f1b9f3f10"])
def test_what_is_no_run_fills_nothing(user: User, flux: Endpoint, key: str) -> None:
    assert keep_seed.fill(user, flux, key) is None


def test_others_seeds_are_nobodys_business(
    stranger: User, flux: Endpoint, make_run: Any, client: Client
) -> None:
    run = make_run(endpoint=flux, state="succeeded", output={"seed": 7})
    assert keep_seed.fill(stranger, flux, str(run.pk)) is None
    client.force_login(stranger)
    page = client.get(flux.get_absolute_url(), {"seed": str(run.pk)}).content.decode()
    assert "The seed of that run is not known" in page


def test_a_model_without_a_seed_says_so(user: User, make_endpoint: Any, make_run: Any) -> None:
    plain = make_endpoint("fal-ai/plain", document={})
    run = make_run(state="succeeded", output={"seed": 7})
    filled = keep_seed.fill(user, plain, str(run.pk))
    assert filled is not None
    assert filled.notice == "This model takes no seed, so nothing was changed."
