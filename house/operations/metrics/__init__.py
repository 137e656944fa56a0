"""Metrics for Prometheus: figures from the database, and counts of all processes."""
