-- Workflows in the order of their slugs, whatever the order of the database's language is, and by how slugs begin.
create index workflow_by_slug on workflow (workspace_id, slug collate "C") where deleted_at is null;

-- The latest requests of a stored workflow, whose slug is their name; other requests are not in it.
create index request_of_workflow on request (workspace_id, name, accepted_at) where workflow_version_id is not null;

-- Who names a schema.
create index workflow_version_schema on workflow_version ((definition #>> '{payload_schema,schema}'))
    where definition #>> '{payload_schema,schema}' is not null;
create index event_definition_schema on event_definition (workspace_id, schema_slug) where schema_slug is not null;
