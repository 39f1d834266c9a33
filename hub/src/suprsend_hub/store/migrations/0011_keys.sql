-- A public key stands in the source of every page that uses it, so it is kept as it is.
create table public_key (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    name text not null,
    key text not null unique,
    is_secure boolean not null default false,
    is_default boolean not null default false,
    requests_per_second double precision,
    created_at timestamptz not null default now(),
    rotated_at timestamptz,
    deleted_at timestamptz
);
create index public_key_workspace on public_key (workspace_id);
create unique index public_key_default on public_key (workspace_id) where is_default and deleted_at is null;

-- The public half alone: what checks user tokens. The private half is shown once and kept by whoever signs.
create table signing_key (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    uid text not null unique,
    public_key text not null,
    status text not null check (status in ('active', 'rolled')),
    expiry_at timestamptz,
    created_at timestamptz not null default now()
);
create index signing_key_workspace on signing_key (workspace_id);

-- Sealed; null for workspaces that are older than it, until it is asked for.
alter table workspace add column inbox_secret bytea;

-- How many requests a second a key may make in the whole fleet; null: as many as the settings say, 0: any number.
alter table workspace add column requests_per_second double precision;
alter table api_key add column requests_per_second double precision;
alter table service_token add column requests_per_second double precision;
create index api_key_workspace on api_key (workspace_id);

-- What is left of a key's requests, as it was counted last.
create table request_budget (
    purse text primary key,
    tokens double precision not null,
    counted_at timestamptz not null
);
