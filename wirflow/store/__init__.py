"""Where everything is kept: the tables, all SQL, and the migrations.

Only the engine, the reports and the composition root come in here.
"""
