"""Deletions by age: things of projects, announced beforehand, and housekeeping rows."""
