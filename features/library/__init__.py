"""Living with results: taking them away in archives."""
