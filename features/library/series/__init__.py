"""Series: named, ordered selections of results with a cover."""
