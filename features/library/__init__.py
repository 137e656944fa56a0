"""Work with results: archives, prompts, references, series, the search and the wall."""
