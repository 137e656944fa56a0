"""Who gets what at each route: the declared table, which `python -m` prints."""
