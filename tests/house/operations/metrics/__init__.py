"""Tests of the metrics that Prometheus reads."""
