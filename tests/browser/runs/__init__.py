"""Browser tests of runs: the live page, results and what follows from them."""
