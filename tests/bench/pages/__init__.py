"""Benchmarks of pages: cold visits, and the processor time of a view."""
