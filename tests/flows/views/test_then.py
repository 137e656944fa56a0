"""“Then…” opens in place: models with their pictures, of which a press makes the flow."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from flows.models import Flow
from runs.models import Run
from tests.flows.conftest import FLUX, KLING, PICTURE


@pytest.fixture
def result(make_run: Any, models: dict[str, Any]) -> Run:
    """A picture."""
    run: Run = make_run(
        endpoint=models[FLUX], state="succeeded", output={"images": [{"url": PICTURE}]}
    )
    run.artifacts.create(position=0, path="images/0", kind="image", url=PICTURE)
    return run


def test_a_press_in_the_dialog_makes_the_flow(member: Client, result: Run) -> None:
    dialog = member.get(f"/flows/then/?run={result.pk}&key=a0&dialog").content.decode()
    assert dialog.lstrip().startswith("<dialog")
    posts = [unescape(address) for address in re.findall(r'data-post="([^"]+)"', dialog)]
    (film,) = (address for address in posts if "kling" in address)
    made = member.post(film)
    flow = Flow.objects.get()
    assert made.headers["Location"].startswith(f"/flows/{flow.pk}/edit/")
    assert [step["endpoint"] for step in flow.definition["steps"]] == [FLUX, KLING]
    found = member.get(f"/flows/then/?run={result.pk}&key=a0&dialog&q=nothing+like+it")
    assert "Nothing is called “nothing like it”." in found.content.decode()


def test_another_persons_result_has_no_dialog(client: Client, result: Run, stranger: User) -> None:
    client.force_login(stranger)
    assert client.get(f"/flows/then/?run={result.pk}&key=a0&dialog").status_code == 404
