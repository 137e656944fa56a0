"""Sign-in by other issuers, against issuers that listen on a real socket."""
