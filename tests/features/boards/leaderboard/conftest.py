"""Fixtures that call the API, for the leaderboard."""

from tests.api.conftest import call, caller

__all__ = ["call", "caller"]
