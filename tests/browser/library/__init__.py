"""Browser tests of the gallery: search, curation, favourites."""
