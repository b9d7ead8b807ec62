"""Alembic's entry point: it runs the versions on the connection that `upgrade` gives it."""

from __future__ import annotations

from alembic import context

from assistant.escalation.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # `upgrade` holds the transaction
)
context.run_migrations()
