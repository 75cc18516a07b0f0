"""Run by Alembic: the versions' changes, within the transaction that `schema` began."""

from alembic import context

from monitoring.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata
)
context.run_migrations()
