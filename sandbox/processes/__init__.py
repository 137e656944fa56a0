"""Programs that make thumbnails and examples outside the server process."""
