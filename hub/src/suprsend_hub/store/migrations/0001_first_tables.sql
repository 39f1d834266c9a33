-- Times are timestamptz. Ids that are shown are ULIDs: text in "C" order, which is the order of their making.
-- The tables of the hot path (request, run, message, event) carry no foreign keys: each would cost a look-up a row.

create table workspace (
    id bigint generated always as identity primary key,
    name text not null unique,
    uid text not null unique,
    key text not null unique,
    secret bytea not null,
    previous_secret bytea,
    previous_secret_until timestamptz,
    created_at timestamptz not null default now()
);

create table api_key (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    name text not null,
    digest bytea not null unique,
    masked text not null,
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);

-- A service token speaks for the whole installation, as the command-line client expects.
create table service_token (
    id bigint generated always as identity primary key,
    name text not null,
    digest bytea not null unique,
    masked text not null,
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);

create table vendor (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    channel text not null,
    vendor text not null,
    nickname text not null,
    settings bytea not null,
    priority integer not null default 0,
    notification_cost double precision not null default 0,
    revision integer not null default 1,
    created_at timestamptz not null default now(),
    unique (workspace_id, nickname)
);

create table template (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    slug text not null,
    name text not null,
    description text not null default '',
    tags text[] not null default '{}',
    enabled_channels text[] not null default '{}',
    mock_data json,
    live_version_id bigint,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
create unique index template_slug on template (workspace_id, slug) where deleted_at is null;

-- The draft. What a request uses is a template_version, which never changes.
create table template_variant (
    template_id bigint not null references template on delete cascade,
    channel text not null,
    id text not null,
    tenant_id text,
    locale text not null,
    content json not null,
    position integer not null default 0,
    updated_at timestamptz not null default now(),
    primary key (template_id, channel, id)
);

create table template_version (
    id bigint generated always as identity primary key,
    template_id bigint not null references template on delete cascade,
    version_no integer not null,
    variants json not null,
    commit_message text not null default '',
    committed_at timestamptz not null default now(),
    unique (template_id, version_no)
);

create table profile (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    distinct_id text not null,
    properties json not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (workspace_id, distinct_id)
);

create table identity (
    id bigint generated always as identity primary key,
    profile_id bigint not null references profile on delete cascade,
    channel text not null,
    provider text not null,
    value text not null,
    details json not null default '{}',
    created_at timestamptz not null default now()
);
-- Push subscriptions are longer than an index row may be.
create unique index identity_value on identity (profile_id, channel, provider, md5(value));

create table idempotency (
    workspace_id bigint not null,
    kind text not null,
    key text not null,
    accepted_at timestamptz not null,
    primary key (workspace_id, kind, key)
);
create index idempotency_accepted_at on idempotency using brin (accepted_at);

create table request (
    id text collate "C" primary key,
    workspace_id bigint not null,
    name text not null,
    category text not null,
    tenant_id text,
    idempotency_key text,
    template_version_id bigint not null,
    body json not null,
    state text not null check (state in ('accepted', 'planned')),
    accepted_at timestamptz not null,
    due_at timestamptz not null,
    planned_at timestamptz
) with (fillfactor = 85);
create index request_idempotency_key on request (workspace_id, idempotency_key) where idempotency_key is not null;
create index request_accepted on request (due_at) where state = 'accepted';

create table run (
    id text collate "C" primary key,
    workspace_id bigint not null,
    request_id text collate "C" not null,
    position integer not null,
    profile_id bigint,
    distinct_id text,
    exclusions json not null,
    created_at timestamptz not null
);
create index run_request on run (request_id);

create table message (
    id text collate "C" not null,
    workspace_id bigint not null,
    run_id text collate "C" not null,
    template_version_id bigint not null,
    category text not null,
    tenant_id text,
    distinct_id text,
    channel text not null,
    provider text not null,
    address text not null,
    variant_id text,
    vendor text,
    vendor_nickname text,
    vendor_message_id text,
    status text not null,
    failure_code text,
    failure_reason text,
    attempts integer not null default 0,
    claim text,
    due_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    triggered_at timestamptz,
    sent_at timestamptz,
    primary key (workspace_id, id)
) with (fillfactor = 70);
create index message_recipient on message (workspace_id, distinct_id, id);
create index message_run on message (run_id);
create index message_unsettled on message (due_at) where status in ('to_be_triggered', 'triggered');

create table event (
    id text collate "C" not null,
    workspace_id bigint not null,
    distinct_id text,
    name text not null,
    properties json not null,
    tenant_id text,
    happened_at timestamptz not null,
    received_at timestamptz not null,
    primary key (workspace_id, id)
);
create index event_of_user on event (workspace_id, distinct_id, name, received_at);

create table inbox_notification (
    id text collate "C" not null,
    workspace_id bigint not null,
    tenant_id text not null,
    distinct_id text not null,
    category text not null,
    content json not null,
    created_at timestamptz not null,
    seen_at timestamptz,
    read_at timestamptz,
    interacted_at timestamptz,
    archived_at timestamptz,
    primary key (workspace_id, id)
);
create index inbox_notification_feed on inbox_notification (workspace_id, distinct_id, tenant_id, id desc);
