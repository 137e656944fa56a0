"""Two runs: what differs between their inputs, results, times and prices."""
