"""What the apps above promise to their runs, and the names that stand in arguments."""
