-- Endpoints that hear what became of messages. Empty states or channels mean all of them.
create table webhook_endpoint (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    url text not null,
    description text not null default '',
    states text[] not null default '{}',
    channels text[] not null default '{}',
    rate integer,
    secret bytea not null,
    headers bytea not null,
    failing_since timestamptz,
    failures integer not null default 0,
    disabled_at timestamptz,
    disabled_reason text,
    -- Whose turn it is to tell this endpoint what is due: one job at a time, by one claim.
    turn text,
    turn_job bigint,
    turn_began timestamptz,
    -- Before this moment nobody's turn begins; a job is queued for it.
    free_at timestamptz,
    created_at timestamptz not null default now()
) with (fillfactor = 50);
create index webhook_endpoint_enabled on webhook_endpoint (workspace_id) where disabled_at is null;

-- What an endpoint is to be told: that a message entered a state. No foreign keys, as on the other hot tables.
create table webhook_delivery (
    id text collate "C" not null,
    workspace_id bigint not null,
    endpoint_id bigint not null,
    message_id text collate "C" not null,
    status text not null,
    happened_at timestamptz not null,
    state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    due_at timestamptz not null default now(),
    answered_at timestamptz,
    answer_status integer,
    answer text,
    created_at timestamptz not null,
    primary key (workspace_id, id)
) with (fillfactor = 70);
create index webhook_delivery_due on webhook_delivery (endpoint_id, due_at) where state = 'pending';
create index webhook_delivery_failed on webhook_delivery (workspace_id, id) where state = 'failed';
create index webhook_delivery_created_at on webhook_delivery using brin (created_at);
