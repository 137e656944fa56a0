"""Watches the whole suite: no key, token or session may stand in what Vitrine answers or writes."""
