"""Long polls that tell pages about changes of runs as they happen."""
