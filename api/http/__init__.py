"""HTTP layer of the JSON API: dispatch of operations, problems, cursors, limits."""
