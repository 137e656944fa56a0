"""What the apps promise to their runs, and the names in arguments."""
