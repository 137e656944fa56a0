"""Flows: chained models that run step by step; and the workflows of the fal account."""
