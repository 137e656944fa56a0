"""Projects in a browser."""
