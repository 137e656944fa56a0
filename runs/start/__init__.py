"""The door: how runs start, why they do not, and what is said yes to beforehand."""
