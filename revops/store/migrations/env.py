"""What Alembic runs: the revisions, on the connection and for the files that `schema.upgrade` hands over.

The connection has a transaction open already, so an upgrade happens as a whole or not at all. SQLite's
Data Definition Language is transactional too, once BEGIN is said (`engine.py`).
"""

from alembic import context

from revops.store.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
