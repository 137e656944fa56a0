"""Two tests for `test_plugin.py`, which runs pytest on them: the first leaks a token."""

import logging
import secrets

from tests.leaks.secrets import add_mark

log = logging.getLogger(__name__)


def test_that_leaks() -> None:
    log.info("made %s", add_mark(secrets.token_urlsafe(32), "API token"))


def test_that_does_not() -> None:
    log.info("made a token")
