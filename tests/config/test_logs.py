"""A request that was refused is one line of the log; one that failed has its traceback."""

from __future__ import annotations

import io
import logging
import logging.config
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(settings: Any) -> Iterator[io.StringIO]:
    """What the server's log says, by the project's own configuration."""
    written = io.StringIO()
    configuration = deepcopy(settings.LOGGING)
    configuration["handlers"]["stderr"]["stream"] = written
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logging.config.dictConfig(configuration)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_403_of_a_page_writes_no_traceback(log: io.StringIO, client: Client) -> None:
    client.force_login(User.objects.create_user("olga", is_staff=True))
    assert client.get("/admin/status/").status_code == 403
    assert "Forbidden" in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_a_failure_keeps_its_traceback(log: io.StringIO) -> None:
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("django.request").exception("failed", extra={"status_code": 500})
        logging.getLogger("playground").exception("failed too")
    assert log.getvalue().count("Traceback") == 2
