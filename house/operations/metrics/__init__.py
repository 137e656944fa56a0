"""What Prometheus reads: figures of the database, and what all processes have counted."""
