"""Tests of the search through results."""
