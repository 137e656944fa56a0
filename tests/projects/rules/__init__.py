"""Tests of the rules for models: decisions, starting runs, changes, the gallery."""
