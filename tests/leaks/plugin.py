"""Fails each test in which a secret leaked; `tests.conftest` imports the fixtures for all tests."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from copy import copy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import uvicorn
from django.conf import settings
from django.core import mail
from django.core.signals import setting_changed

from tests import processes
from tests.leaks import child_processes, commands, logs, made, secrets
from tests.leaks.responses import watched_application

SETTINGS = ("SECRET_KEY", "FAL_KEY", "FAL_ADMIN_KEY", "EMAIL_HOST_PASSWORD")
MAILED = {"login link", "invitation"}  # mailed to the person for whom they are


@pytest.fixture(scope="session", autouse=True)
def watched_traffic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Watch everything that this process and those that it starts answer and write.

    Returns the file in which started processes report leaks.
    """
    reported = tmp_path_factory.mktemp("leaks") / "reported"
    reported.touch()
    for name in SETTINGS:
        _watch_setting(name, getattr(settings, name))
    secrets.watch(settings.DATABASES["default"].get("PASSWORD", ""), "database password")
    setting_changed.connect(_watch_setting)
    with ExitStack() as stack:
        stack.enter_context(made.mark_made_secrets())
        stack.enter_context(logs.watched_records())
        stack.enter_context(commands.watched_commands())
        stack.enter_context(child_processes.watched_children())
        stack.enter_context(patch.dict(processes.WATCHED, {secrets.REPORT: str(reported)}))
        stack.enter_context(_watched_asgi())
        yield reported
    setting_changed.disconnect(_watch_setting)


@pytest.fixture(autouse=True)
def leaks(watched_traffic: Path) -> Iterator[list[str]]:
    """Fail the test if a secret leaked in it; return which leaked, and where."""
    secrets.found.clear()
    yield secrets.found
    check_mails()
    child_processes.check_children()
    if watched_traffic.stat().st_size:
        secrets.found += watched_traffic.read_text().splitlines()
        os.truncate(watched_traffic, 0)
    assert not secrets.found, "\n".join(dict.fromkeys(secrets.found))


def _watch_setting(setting: str, value: Any, **_: Any) -> None:
    if setting in SETTINGS:
        for text in [value] if isinstance(value, str) else value or ():
            secrets.watch(text, setting)


def check_mails() -> None:
    """Check the mails that the test has sent."""
    for message in getattr(mail, "outbox", ()):
        texts = [message.subject, str(message.body)]
        texts += [str(content) for content, _ in getattr(message, "alternatives", None) or ()]
        secrets.check("\n".join(texts), "a mail", MAILED)


def _watched_asgi() -> ExitStack:
    """Watch the applications that tests serve with uvicorn or call through httpx."""
    load, ask = uvicorn.Config.load, httpx.ASGITransport.handle_async_request

    def load_watched(config: uvicorn.Config) -> None:
        load(config)
        config.loaded_app = watched_application(config.loaded_app)

    async def ask_watched(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        watched = copy(transport)  # a copy, because tests use their own transport's application
        watched.app = watched_application(transport.app)
        return await ask(watched, request)

    stack = ExitStack()
    stack.enter_context(patch.object(uvicorn.Config, "load", load_watched))
    stack.enter_context(patch.object(httpx.ASGITransport, "handle_async_request", ask_watched))
    return stack
