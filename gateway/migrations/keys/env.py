"""Alembic's entry: runs on the connection that gateway.migrations hands over."""

from alembic import context

from gateway.migrations import METADATA

connection = context.config.attributes["connection"]
which = context.config.attributes["which"]
context.configure(
    connection=connection,
    target_metadata=METADATA[which],
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
