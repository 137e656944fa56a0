"""Fixtures of the library: models that take results as inputs, and runs with files."""

from tests.runs.results_to_use import models, result_of

__all__ = ["models", "result_of"]
