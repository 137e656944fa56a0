"""Every way to start a run, each as it is really used: by pages, programs, assistants and jobs."""
