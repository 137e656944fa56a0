"""Flows taken out and in: as our own JSON, and as fal's workflow JSON in both dialects."""
