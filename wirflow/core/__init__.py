"""Deciding: (workflow, case, event, facts) → Decision or Refusal.

Pure: no clock, no database, no effects.
"""
