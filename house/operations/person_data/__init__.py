"""What the house holds of a person: given to them as a ZIP, and erased."""
