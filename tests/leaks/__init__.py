"""Watches all tests: no key, token or session may be in what Vitrine answers or writes."""
