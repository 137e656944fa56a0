"""Tests of what was spent: sums, pages, downloads."""
