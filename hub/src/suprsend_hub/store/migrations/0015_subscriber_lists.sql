create table subscriber_list (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    list_id text not null,
    name text not null default '',
    description text not null default '',
    list_type text not null check (list_type in ('static_list', 'query_based')),
    query json,
    tracks_entry boolean not null default false,
    tracks_exit boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz
);
create unique index subscriber_list_id on subscriber_list (workspace_id, list_id) where deleted_at is null;

-- A list's members are those of its live version; drafts are being filled, past ones wait to be forgotten.
create table list_version (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    subscriber_list_id bigint not null references subscriber_list on delete cascade,
    version_id text collate "C" not null unique,
    status text not null check (status in ('draft', 'live', 'past')),
    subscribers_count integer not null default 0,
    -- How often its members have changed.
    revision bigint not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null
) with (fillfactor = 70);
create unique index list_version_live on list_version (subscriber_list_id) where status = 'live';
create index list_version_draft on list_version (subscriber_list_id, id) where status = 'draft';
create index list_version_past on list_version (id) where status = 'past';

-- Who was a member from one revision up to another, which is the highest number there is for as long as they are one.
-- No foreign keys, as on the other tables that grow with what people do.
create table list_member (
    list_version_id bigint not null,
    distinct_id text collate "C" not null,
    until bigint not null default 9223372036854775807,
    since bigint not null,
    primary key (list_version_id, distinct_id, until)
);
create index list_member_gone on list_member (list_version_id) where until < 9223372036854775807;

-- A request with a list's version is a broadcast to its members.
alter table request add column list_version_id bigint;
create index request_broadcast on request (workspace_id, id) where list_version_id is not null;
create index request_pinned on request (list_version_id) where list_version_id is not null and state = 'accepted';

-- How far a broadcast has come: the members of one revision, in the order of their ids, up to the cursor.
create table broadcast (
    request_id text collate "C" primary key,
    workspace_id bigint not null,
    list_id text not null,
    revision bigint not null,
    total integer not null,
    expanded integer not null default 0,
    cursor text collate "C" not null default '',
    moved_at timestamptz
) with (fillfactor = 50);
