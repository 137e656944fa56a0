"""Views of references."""
