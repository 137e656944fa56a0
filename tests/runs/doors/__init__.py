"""Every entry point that starts a run, used as pages, programs, assistants and jobs use it."""
