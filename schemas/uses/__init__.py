"""The possible uses of a result: the fields that accept it, their roles, and filling them in."""
