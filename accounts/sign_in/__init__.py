"""Sign-in by password or link: forms, pages, signals, and the local owner's account."""
