"""Prefills forms from examples, runs, links, results, and settings of other models."""
