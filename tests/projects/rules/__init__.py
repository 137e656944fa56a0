"""Tests of the rules for models: decisions, the door, changes, the gallery."""
