"""Tests of the wall of results and its list."""
