"""Benchmarks with thousands of results: the wall, "Like this", archives."""
