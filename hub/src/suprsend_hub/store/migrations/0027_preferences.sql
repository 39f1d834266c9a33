-- The draft of a workspace's categories, and which version is live; null: none was committed yet.
create table category_tree (
    workspace_id bigint primary key references workspace on delete cascade,
    draft json not null,
    version_no integer,
    updated_at timestamptz not null
);

create table category_tree_version (
    workspace_id bigint not null references workspace on delete cascade,
    version_no integer not null,
    tree json not null,
    commit_message text not null default '',
    committed_at timestamptz not null,
    primary key (workspace_id, version_no)
);

-- What is live, a row a category: what accepting, planning and sending look up.
create table category (
    workspace_id bigint not null references workspace on delete cascade,
    category text not null,
    root text not null,
    is_commercial boolean not null,
    preference text not null,
    mandatory_channels text[],
    opt_in_channels text[],
    primary key (workspace_id, category)
);

create table category_translation (
    workspace_id bigint not null references workspace on delete cascade,
    locale text not null,
    content json not null,
    updated_at timestamptz not null,
    primary key (workspace_id, locale)
);

-- What a tenant says otherwise than the categories; null: nothing.
create table tenant_category (
    workspace_id bigint not null references workspace on delete cascade,
    tenant_id text not null,
    category text not null,
    enabled_for_tenant boolean not null,
    visible_to_subscriber boolean not null,
    preference text,
    mandatory_channels text[],
    opt_in_channels text[],
    blocked_channels text[] not null,
    digest_schedule json,
    properties json,
    updated_at timestamptz not null,
    primary key (workspace_id, tenant_id, category)
);

-- What a person chose, for one tenant; it goes when the profile goes. The second index tells whether a
-- workspace has any, and is what goes when a tenant goes.
create table category_preference (
    profile_id bigint not null references profile on delete cascade,
    workspace_id bigint not null,
    tenant_id text not null,
    category text not null,
    preference text not null,
    opt_out_channels text[] not null,
    digest_schedule json,
    properties json,
    updated_at timestamptz not null,
    primary key (profile_id, tenant_id, category)
);
create index category_preference_tenant on category_preference (workspace_id, tenant_id);

-- The channels on which a person wants no more than what is mandatory.
create table channel_restriction (
    profile_id bigint not null references profile on delete cascade,
    workspace_id bigint not null,
    tenant_id text not null,
    channel text not null,
    since timestamptz not null,
    primary key (profile_id, tenant_id, channel)
);
create index channel_restriction_tenant on channel_restriction (workspace_id, tenant_id);

-- What is fixed when a request is accepted, whatever the categories become later. Null in those that were accepted
-- before there were any: their category says it.
alter table request add column root text;
