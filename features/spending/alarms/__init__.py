"""The alarm: a run that has cost far more than was expected of it is told at once."""
