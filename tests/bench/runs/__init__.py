"""Benchmarks of runs: overhead, watchers, tabs, idle processes."""
