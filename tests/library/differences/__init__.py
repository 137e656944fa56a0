"""Tests of what differs between two runs."""
