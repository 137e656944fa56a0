"""Flows: models chained, run step by step; and the workflows of fal's account."""
