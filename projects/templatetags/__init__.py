"""The template tags of projects."""
