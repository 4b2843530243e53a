"""wirflow: the workflow engine that public offices trust with their grants.

The rooms, from the bottom up: `text`, `errors` and `clock`; `deadlines`;
`definition`; `audit` and `render`; `core`; `store`; `engine`; `scheduler`,
`notices` and `reports`; `office`; `cli`.  Importing this package imports none
of them, so that the command line starts fast.
"""
