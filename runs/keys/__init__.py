"""Keys of the fal account for single projects: entered, tried, kept encrypted, used by workers."""
