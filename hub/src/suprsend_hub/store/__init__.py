"""The only room with SQL: PostgreSQL, one file a noun; functions take a connection, then the workspace."""
