-- What a request runs: one template, or a stored workflow with the versions of its templates, by slug.
alter table request alter column template_version_id drop not null;
alter table request add column workflow_version_id bigint;
alter table request add column template_versions json;
alter table request add column cancellation_key text;
alter table request drop constraint request_state_check;
alter table request add constraint request_state_check check (state in ('accepted', 'planned', 'cancelled'));
create index request_cancellation_key on request (workspace_id, cancellation_key) where cancellation_key is not null;

-- The node that a run does next, and until when it waits for it; null where it waits for nothing.
alter table run add column node integer not null default 0;
alter table run add column waits_until timestamptz;
alter table run add column cancelled_at timestamptz;
create index run_waiting on run (workspace_id, id) where waits_until is not null;

-- The node that a message belongs to; a message that is cancelled is not begun any more.
alter table message add column node integer not null default 0;
alter table message add column cancelled boolean not null default false;

-- Cancellations that name people: whoever is planned later, of a request accepted before, is left out.
create table cancellation (
    id bigint generated always as identity primary key,
    workspace_id bigint not null,
    distinct_id text not null,
    tenant_id text,
    idempotency_key text,
    workflow text,
    cancellation_key text,
    created_at timestamptz not null
);
create index cancellation_person on cancellation (workspace_id, distinct_id, created_at);
