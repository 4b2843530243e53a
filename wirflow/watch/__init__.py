"""Watching a worker while it works: what it counts, what it logs, how far it is, and whether it lives."""
