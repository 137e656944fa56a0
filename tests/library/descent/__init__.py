"""Tests of where a result came from."""
