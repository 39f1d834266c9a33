-- Workflows: a draft that people edit, and versions that never change.
create table workflow (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    slug text not null,
    is_enabled boolean not null default true,
    draft json not null,
    draft_hash text not null,
    live_version_id bigint,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz
);
create unique index workflow_slug on workflow (workspace_id, slug) where deleted_at is null;

-- Name and category are those of the definition: a trigger needs them before anything of it is read.
create table workflow_version (
    id bigint generated always as identity primary key,
    workflow_id bigint not null references workflow on delete cascade,
    version_no integer not null,
    name text not null,
    category text not null,
    definition json not null,
    hash text not null,
    commit_message text not null default '',
    committed_at timestamptz not null default now(),
    unique (workflow_id, version_no)
);

-- Which live workflows an event sets off: every event that comes in is looked up here.
create table workflow_event (
    workspace_id bigint not null references workspace on delete cascade,
    event_name text not null,
    workflow_id bigint not null references workflow on delete cascade,
    primary key (workspace_id, event_name, workflow_id)
);
create index workflow_event_workflow on workflow_event (workflow_id);

-- Schemas of what triggers and events carry: a draft, and versions that never change.
create table payload_schema (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    slug text not null,
    name text not null,
    description text not null default '',
    draft json not null,
    draft_hash text not null,
    live_version_id bigint,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (workspace_id, slug)
);

create table payload_schema_version (
    id bigint generated always as identity primary key,
    payload_schema_id bigint not null references payload_schema on delete cascade,
    version_no integer not null,
    json_schema json not null,
    hash text not null,
    commit_message text not null default '',
    committed_at timestamptz not null default now(),
    unique (payload_schema_id, version_no)
);

-- What an event is called and what it carries; what happened is in "event". Without a version the schema's latest counts.
create table event_definition (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    name text not null,
    description text not null default '',
    schema_slug text,
    schema_version_no integer,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (workspace_id, name)
);

-- Texts by locale, a file each. A draft that is null asks for the file to go with the next commit.
create table translation (
    workspace_id bigint not null references workspace on delete cascade,
    filename text not null,
    locale text not null,
    draft json,
    live json,
    version_no integer not null default 0,
    committed_at timestamptz,
    commit_message text not null default '',
    updated_at timestamptz not null default now(),
    primary key (workspace_id, filename)
);
