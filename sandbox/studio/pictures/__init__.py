"""Images from text and from images."""
