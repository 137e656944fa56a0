"""Browser tests of runs: the live page, results, and actions on them."""
