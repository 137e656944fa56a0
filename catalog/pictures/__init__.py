"""Upstream's thumbnails: fetched by vetted addresses, made small, kept and served by us."""
