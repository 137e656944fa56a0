"""Exports of boards as tables."""
