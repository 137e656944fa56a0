"""Benchmarks of Vitrine, each with a reference measured in the same run (docs/BENCHMARKS.md)."""
