"""The audit trail: what happened, in bytes that can be proven.

`canonical` and `entry` make the bytes and digests that the engine writes;
`chain` checks one case, `merkle` one log over all cases, `checkpoint` signs
the log's head, `seal` grows it, `bundle` carries it out of the house and
proves it there, `export` writes it for other programs and for readers.  The
room takes iterables and knows no database.  Importing this package imports
none of them: the engine's hot path needs only the first two.
"""
