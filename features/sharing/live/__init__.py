"""Long polls that deliver feedback on a share to its open pages."""
