"""Tests of the retirement of models."""
