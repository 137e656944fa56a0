"""Flows, which run chained models step by step, and the workflows of the fal account."""
