"""The alarm: notifies people at once of a run that has cost far more than expected."""
