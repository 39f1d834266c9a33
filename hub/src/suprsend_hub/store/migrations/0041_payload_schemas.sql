-- Which schema a committed workflow names: a trigger's data are held against it before anything of the definition is read.
alter table workflow_version add column schema_slug text;
alter table workflow_version add column schema_version_no integer;
update workflow_version set schema_slug = definition -> 'payload_schema' ->> 'schema',
    schema_version_no = (definition -> 'payload_schema' ->> 'version_no')::integer
where json_typeof(definition -> 'payload_schema') = 'object';

-- A request that an event led to and that was never begun, and why.
alter table request add column failure_code text;
alter table request add column failure_reason text;
alter table request drop constraint request_state_check;
alter table request add constraint request_state_check
    check (state in ('accepted', 'planned', 'cancelled', 'failed'));
