"""A form that is too large gets a sentence in our design, and nothing of it is done."""

import re

import pytest
from django.conf import settings

from runs.models import Run
from tests.processes import ROOT

pytestmark = pytest.mark.any_database

MODEL = "/models/fal-ai/flux/dev/"
MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@pytest.fixture
def path(make_endpoint: object) -> str:
    make_endpoint()  # type: ignore[operator]
    return MODEL


def test_a_form_above_the_limit_gets_our_error_page(member, path):
    response = member.post(path, {"prompt": "x" * (MOST + 1), "~do": "run"})
    page = response.content.decode()
    assert response.status_code == 413
    assert "It holds more than 16 MB of text. Nothing was sent, and nothing was changed." in page
    assert "what you typed is still in the form" in page
    assert 'rel="stylesheet"' in page
    assert not Run.objects.exists()


@pytest.mark.system
def test_too_many_fields_or_files_are_reported_separately(member, path):
    fields = {f"f{n}": "" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    response = member.post(path, fields)
    assert response.status_code == 413
    assert "It has more than 20,000 fields." in response.content.decode()


def test_the_script_knows_the_servers_limits():
    script = (ROOT / "static/js/large-forms.js").read_text()
    (size,) = re.findall(r"MOST_BYTES = (\d+) \* 2 \*\* 20", script)
    (fields,) = re.findall(r"MOST_FIELDS = (\d+)", script)
    assert int(size) << 20 == MOST
    assert int(fields) == settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
