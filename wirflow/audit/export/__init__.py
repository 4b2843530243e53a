"""Exports of the trail, one file per format.

Each takes entries and a stream, and writes as it reads: `jsonl` (complete),
`csv` (spreadsheets), `xes` and `ocel` (process mining), `report` (people).
What proves the trail is a bundle (`wirflow.audit.bundle`), not an export.
"""
