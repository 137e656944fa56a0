"""What people do with selected results, on the wall, in the list, and on a run's page."""
