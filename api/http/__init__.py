"""HTTP of the JSON API: operations, their dispatch, problems, cursors, limits."""
