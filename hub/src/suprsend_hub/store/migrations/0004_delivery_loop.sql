-- Addresses that are left alone; `until` null is for good. Tokens are longer than an index row may be.
create table suppression (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace on delete cascade,
    channel text not null,
    provider text not null,
    address text not null,
    cause text not null,
    reason text not null,
    message_id text,
    since timestamptz not null,
    until timestamptz
);
create unique index suppression_address on suppression (workspace_id, channel, provider, md5(address));

-- What is known of a push token beside its value, such as its app; null where there is nothing.
alter table message add column details json;
-- Every message knows what its run's success is; only the rungs of a ladder are not begun after it.
alter table message add column is_rung boolean not null default true;

-- After so long without a delivery report the next account is tried; null: never.
alter table vendor add column fallback_seconds integer;
