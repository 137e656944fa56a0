"""Opens untrusted media: measures, previews and copies files in programs that may be killed."""
