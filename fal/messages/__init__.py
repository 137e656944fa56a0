"""Typed requests to fal and responses from it."""
