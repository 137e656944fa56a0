"""Sign-in by password or link: forms, pages and the local owner's account."""
