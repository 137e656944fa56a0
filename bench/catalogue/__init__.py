"""Benchmarks of catalogue, search and sync, and the synthetic catalogues that they use."""
