-- The tenant `default` has a row only once something is said of it.
create table tenant (
    workspace_id bigint not null references workspace on delete cascade,
    tenant_id text collate "C" not null,
    tenant_name text not null default '',
    logo text,
    timezone text,
    blocked_channels text[] not null default '{}',
    embedded_preference_url text,
    hosted_preference_domain text,
    primary_color text,
    secondary_color text,
    tertiary_color text,
    social_links json not null default '{}',
    properties json not null default '{}',
    updated_at timestamptz not null,
    primary key (workspace_id, tenant_id)
);

-- How many tenants there are beside `default`: every page of the list tells it.
alter table workspace add column tenant_count integer not null default 0;
