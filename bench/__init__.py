"""How fast Vitrine is, always beside a reference measured in the same run (docs/BENCHMARKS.md)."""
