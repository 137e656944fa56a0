"""What each role gets at each route: the declared table, which `python -m` prints."""
