"""Programs beside the server that make thumbnails and examples."""
