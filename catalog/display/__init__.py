"""Parts of search pages: facets, filter chips, and cached fragments."""
