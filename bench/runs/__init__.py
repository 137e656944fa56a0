"""Questions about runs: overhead, watchers, tabs, the worker, fal's clients, processes at rest."""
