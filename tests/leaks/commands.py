"""Looks for secrets in the output of `manage.py`'s commands that tests call in this process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from unittest.mock import patch

from django.core.management.base import BaseCommand, OutputWrapper

from tests.leaks import secrets

# Commands that print a secret on request, and `up`, which prints its first link.
PRINTED: Mapping[str, set[str]] = {
    "token": {"API token"},
    "login_link": {"login link"},
    "up": {"login link"},
}
_running: ContextVar[str] = ContextVar("running", default="")


@contextmanager
def watched_commands() -> Iterator[None]:
    """Watch each text that a command writes in the block."""
    execute, write = BaseCommand.execute, OutputWrapper.write

    def execute_watched(command: BaseCommand, *arguments: Any, **options: Any) -> str | None:
        token = _running.set(type(command).__module__.rpartition(".")[2])
        try:
            return execute(command, *arguments, **options)
        finally:
            _running.reset(token)

    def write_watched(output: Any, text: str = "", *rest: Any, **options: Any) -> None:
        name = _running.get()
        secrets.check(str(text), f"what `manage.py {name}` writes", PRINTED.get(name, ()))
        write(output, text, *rest, **options)

    with (
        patch.object(BaseCommand, "execute", execute_watched),
        patch.object(OutputWrapper, "write", write_watched),
    ):
        yield
