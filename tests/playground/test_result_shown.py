"""What stands around a result where it is shown large: the ways on from it, and what a page says of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from playground import renderers
from playground.models import Run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled", "unconfirmed"])
def test_the_way_to_a_runs_own_page_is_everywhere_but_there(
    member: Client, make_run: Any, state: str
) -> None:
    error = {"message": "no"}
    run: Run = make_run(state=state, output={}, error=error, ended_at=timezone.now())
    there = f'href="{run.get_absolute_url()}">Details</a>'
    assert there in renderers.changed(run, "stage")
    assert there not in renderers.changed(run, "page")
    assert there not in member.get(run.get_absolute_url()).content.decode()
