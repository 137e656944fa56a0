"""Parts of search pages: facets, filter chips, highlights, and cached fragments."""
