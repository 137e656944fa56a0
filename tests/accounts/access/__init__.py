"""Who gets what at each route: the declared table, from which `docs/ACCESS.md` is written."""
