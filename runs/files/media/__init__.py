"""Opens media of strangers: measures, previews and copies them in programs that may be killed."""
