"""Runs and their whole life: how they start, who sends and follows them, what they cost."""
