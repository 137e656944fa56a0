"""One broker for all who wait: pages and programs whose requests are held until a change."""
