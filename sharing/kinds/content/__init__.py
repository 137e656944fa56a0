"""What several kinds show: results by their runs, and settings."""
