"""Tests of the room of money."""
