"""Tests of what was spent: sums, pages, downloads, the monthly mail."""
