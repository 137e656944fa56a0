"""A refused request is one line of the log; a failure has its traceback, in text and in JSON."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth.models import User

from config import logs
from config.json_lines import JsonLines
from core.http import request_ids
from tests.tables import each_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(settings: Any) -> Iterator[io.StringIO]:
    """The text that the server logs with the project's own configuration."""
    written = io.StringIO()
    configuration = deepcopy(settings.LOGGING)
    configuration["handlers"]["stderr"]["stream"] = written
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logging.config.dictConfig(configuration)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_403_of_a_page_writes_no_traceback(log, client):
    client.force_login(User.objects.create_user("olga", is_staff=True))
    assert client.get("/admin/status/").status_code == 403
    assert "Forbidden" in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_a_failure_keeps_its_traceback(log):
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("django.request").exception("failed", extra={"status_code": 500})
        logging.getLogger("playground").exception("failed too")
    assert log.getvalue().count("Traceback") == 2


def as_json(message: str, *values: object, error: BaseException | None = None) -> dict[str, str]:
    """Return the JSON object of a log record; fail unless it is one line."""
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("runs", logging.ERROR, "", 0, message, values, exc_info)
    line = JsonLines().format(record)
    assert "\n" not in line
    read: dict[str, str] = json.loads(line)
    return read


def test_a_line_of_json_says_when_who_and_what(monkeypatch):
    monkeypatch.setattr(request_ids, "current", lambda: "of-a-proxy-1")
    monkeypatch.setattr("sys.argv", ["manage.py", "worker"])
    line = as_json('it said "%s"\n', "no")
    assert line.pop("time")[-6:] == "+00:00"
    assert line == {
        "level": "ERROR",
        "logger": "runs",
        "message": 'it said "no"\n',
        "request": "of-a-proxy-1",
        "process": "worker",
    }


def test_whatever_is_printed_is_json(monkeypatch):
    """Tracebacks, warnings and a command's progress, like the records of the log."""
    written = io.StringIO()
    written.name = "<stderr>"
    stream = logs.JsonStream(written)
    record = JsonLines().format(logging.makeLogRecord({"msg": "of the log"}))
    print("half \u2028 a li", end="", file=stream)
    print(f'ne\n\n{{"a": set()}}\n{record}', file=stream)
    read = [json.loads(line)["message"] for line in written.getvalue().splitlines()]
    assert read == ["half \u2028 a line", '{"a": set()}', "of the log"]


@each_row(
    ("secret", "rest"),
    [
        ("GET /login/link/{}", ""),
        ("/webhooks/fal/{}", '" failed'),
        ("/webhooks/fal/{}", '\\" failed'),
        ("?ticket={}", "\nand more"),
    ],
)
def test_secret_addresses_are_hidden_in_json_too(secret, rest):
    text = secret.format("never-shown-1234") + rest
    line = as_json("%s", text, error=ValueError(text))
    for part in ("message", "exception"):
        assert "never-shown" not in line[part]
        assert logs.HIDDEN in line[part]
    assert line["message"].endswith(rest.removeprefix("\\"))


def test_an_exception_is_in_its_line():
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        line = as_json("failed", error=error)
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("RuntimeError: broken")
