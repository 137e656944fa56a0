"""Sign-in by password or link: its forms, pages and the local owner."""
