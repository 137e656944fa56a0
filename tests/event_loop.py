"""Fails each test in which code used the database in an event loop, even if the error was caught.

Django raises SynchronousOnlyOperation then, which a worker's job logs before it repeats its step.
On PostgreSQL, two jobs did so unnoticed, whenever the database's clock had not been read for ten
seconds.
"""

import traceback
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.core.exceptions import SynchronousOnlyOperation


class _Recorded(SynchronousOnlyOperation):
    """The same error, which also records where it was raised."""

    places: list[str] = []

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.places.append("".join(traceback.format_stack(limit=6)[:-1]))


@pytest.fixture(scope="session", autouse=True)
def recorded_misuses() -> Iterator[None]:
    """Record each use of the database in an event loop."""
    with patch("django.utils.asyncio.SynchronousOnlyOperation", _Recorded):
        yield


@pytest.fixture(autouse=True)
def database_misuses(recorded_misuses: None) -> Iterator[list[str]]:
    """Fail the test if it used the database in an event loop; returns where, as stacks."""
    _Recorded.places.clear()
    yield _Recorded.places
    assert not _Recorded.places, f"the database in the event loop:\n{_Recorded.places[0]}"
