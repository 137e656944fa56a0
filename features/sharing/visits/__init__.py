"""Visits of shares: tiles, archives, requested rows, counted views, and previews."""
