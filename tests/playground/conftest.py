"""The fixtures of runs, for the tests of pages."""

from tests.runs.conftest import *  # noqa: F403
