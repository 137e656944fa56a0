"""Tests of the house's leaderboard."""
