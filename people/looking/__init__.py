"""Looking at somebody's private run, with a reason that its user is told."""
