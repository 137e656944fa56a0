"""Tags of results: put on and taken off, renamed, listed, and moved with their runs."""
