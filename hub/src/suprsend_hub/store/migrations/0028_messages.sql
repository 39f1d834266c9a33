-- What vendors answered beside what the message's own row tells: all that did not take it, and whoever had it before.
create table message_try (
    id bigint generated always as identity,
    workspace_id bigint not null,
    message_id text collate "C" not null,
    vendor text not null,
    vendor_nickname text not null,
    outcome text not null,
    code text,
    detail text,
    happened_at timestamptz not null,
    primary key (message_id, id)
);

-- What people saw, as JSON deflated by whoever writes it; that of the inbox is in inbox_notification.
create table message_content (
    message_id text collate "C" primary key,
    workspace_id bigint not null,
    content bytea not null
);
alter table message_content alter column content set storage external;

-- Which blocks of rows have a value at all, so that rare ones are found without reading the others. Pages of frequent
-- ones are read along the primary key.
create index message_values on message using brin (
    channel text_bloom_ops (n_distinct_per_range = 32),
    category text_bloom_ops (n_distinct_per_range = 64),
    tenant_id text_bloom_ops (n_distinct_per_range = 256),
    status text_bloom_ops (n_distinct_per_range = 32)
) with (autosummarize = on);
create index request_name on request using brin (name text_bloom_ops (n_distinct_per_range = 256))
    with (autosummarize = on);
-- Runs of objects, which are nobody's; those of people are found by their names.
create index run_object on run (profile_id) where distinct_id is null and profile_id is not null;

alter table inbox_notification add column unread_at timestamptz;
alter table inbox_notification add column unarchived_at timestamptz;
create index inbox_notification_read on inbox_notification (workspace_id, id) where read_at is not null;
create index inbox_notification_archived on inbox_notification (workspace_id, id) where archived_at is not null;
