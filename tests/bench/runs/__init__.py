"""Benchmarks of runs: overhead, watchers, tabs, the worker, fal's clients, idle processes."""
