"""The house's data about a person: given to them as a ZIP, and erased."""
