"""What Alembic runs to migrate the journal over the connection it is given."""

from alembic import context

from journal.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
