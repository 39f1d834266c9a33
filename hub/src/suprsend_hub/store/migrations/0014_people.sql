-- A profile is a person's or an object's, for every tenant ('') or as one tenant knows it.
alter table profile add column object_type text not null default '';
alter table profile add column tenant_id text not null default '';
alter table profile drop constraint profile_workspace_id_distinct_id_key;
alter table profile add unique (workspace_id, object_type, distinct_id, tenant_id);
create index profile_newest on profile (workspace_id, object_type, id desc) where tenant_id = '';

-- Who is told when an object is; `is_object` spares looking up what kind of profile the member is.
create table subscription (
    id bigint generated always as identity primary key,
    parent_id bigint not null references profile on delete cascade,
    member_id bigint not null references profile on delete cascade,
    is_object boolean not null,
    properties json not null default '{}',
    created_at timestamptz not null default now(),
    unique (parent_id, member_id)
);
create index subscription_newest on subscription (parent_id, id desc);
create index subscription_of_member on subscription (member_id, id desc);
create index subscription_objects on subscription (parent_id, member_id) where is_object;

-- Of somebody who was erased the suppressed addresses stay only as digests: they are still left alone.
alter table suppression add column digest text;
update suppression set digest = encode(sha256(convert_to(address, 'UTF8')), 'hex');
alter table suppression alter column digest set not null;
alter table suppression alter column address drop not null;
drop index suppression_address;
create unique index suppression_digest on suppression (workspace_id, channel, provider, digest, category);
