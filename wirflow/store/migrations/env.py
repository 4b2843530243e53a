"""How Alembic reaches the database: through the engine that the caller gives."""

from __future__ import annotations

from alembic import context

from wirflow.store.indexes import metadata

with context.config.attributes["engine"].begin() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()
