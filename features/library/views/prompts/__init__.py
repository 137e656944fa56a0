"""Views of saved prompts."""
