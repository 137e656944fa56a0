"""What fills a form in: examples, runs, links, results and settings of other models."""
