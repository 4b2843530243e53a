"""Delivery of the outbox: one file for each channel, and `Deliverer`, which works through what is due.

Nothing is imported here, so that a command that only lists notices loads no mail library.
"""
