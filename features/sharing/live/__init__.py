"""Long polls that deliver to open pages what is said on a share."""
