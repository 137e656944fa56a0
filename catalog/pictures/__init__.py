"""Thumbnails of upstream: fetched from allowed hosts, scaled down, stored and served."""
