"""Long polls that deliver changes of runs to open pages."""
