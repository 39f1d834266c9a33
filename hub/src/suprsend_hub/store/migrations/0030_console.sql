-- People who use the console. They belong to the installation; the address of a page names its workspace.
create table console_user (
    id bigint generated always as identity primary key,
    name text not null unique,
    role text not null check (role in ('viewer', 'editor', 'admin')),
    password_hash text not null,
    created_at timestamptz not null default now(),
    signed_in_at timestamptz
);

-- Of a session's token only a digest is kept.
create table console_session (
    id bigint generated always as identity primary key,
    console_user_id bigint not null references console_user on delete cascade,
    digest bytea not null unique,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    ends_at timestamptz not null
);
create index console_session_user on console_session (console_user_id);
create index console_session_ends_at on console_session (ends_at);

-- How often signing in failed lately, for an account and an address.
create table sign_in_failure (
    purse bytea primary key,
    failures integer not null,
    since timestamptz not null
);
create index sign_in_failure_since on sign_in_failure (since);

-- Who changed what; names are kept as they were, for whoever is gone since.
create table audit_entry (
    id bigint generated always as identity primary key,
    happened_at timestamptz not null default now(),
    console_user_id bigint,
    user_name text not null,
    workspace_id bigint,
    action text not null,
    target text not null,
    details json not null default '{}'
);
create index audit_entry_workspace on audit_entry (workspace_id, id);
create index audit_entry_happened_at on audit_entry using brin (happened_at);

-- What happened, in stretches of so many seconds; the pages of the console read nothing else to count.
create table activity (
    workspace_id bigint not null,
    width integer not null,
    began_at timestamptz not null,
    kind text not null,
    channel text not null,
    vendor text not null,
    count bigint not null,
    primary key (workspace_id, width, began_at, kind, channel, vendor)
) with (fillfactor = 70);
create index activity_began_at on activity using brin (began_at);

-- What is to be added to it: whoever sends appends here, and waits for nobody.
create table activity_entry (
    id bigint generated always as identity primary key,
    workspace_id bigint not null,
    began_at timestamptz not null,
    kind text not null,
    channel text not null,
    vendor text not null,
    count integer not null
);

-- Pages of requests, and of the runs of one request, however many there are.
create index request_newest on request (workspace_id, id);
create index run_of_request on run (request_id, id);
drop index run_request;
