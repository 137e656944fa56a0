"""Sums of spending: by day, and by model, project, person, category or door."""
