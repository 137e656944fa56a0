"""Long polling: one broker holds the requests of pages and programs until a change."""
