-- What the feed of an inbox orders and narrows by, taken out of the content.
alter table inbox_notification
    add column is_pinned boolean not null default false,
    add column tags text[] not null default '{}',
    add column expires_at timestamptz;

-- Clients page by whole milliseconds: no two notifications of an inbox may have the same.
update inbox_notification n set
    is_pinned = n.content ->> 'is_pinned' is not distinct from 'true',
    tags = case json_typeof(n.content -> 'tags')
        when 'array' then array(select json_array_elements_text(n.content -> 'tags')) else '{}' end,
    created_at = told.created_at
from (
    select workspace_id, id, date_trunc('milliseconds', created_at) + interval '1 millisecond' * (row_number() over (
        partition by workspace_id, distinct_id, tenant_id, date_trunc('milliseconds', created_at) order by id) - 1)
        as created_at
    from inbox_notification
) told
where n.workspace_id = told.workspace_id and n.id = told.id;

drop index inbox_notification_feed;
create index inbox_notification_feed
    on inbox_notification (workspace_id, distinct_id, tenant_id, is_pinned, created_at);

-- One person's inbox in one tenant: the time of its newest notification, which the next one comes after, and when
-- the bell was last clicked.
create table inbox (
    workspace_id bigint not null,
    distinct_id text not null,
    tenant_id text not null,
    latest_at timestamptz not null,
    bell_reset_at timestamptz,
    primary key (workspace_id, distinct_id, tenant_id)
) with (fillfactor = 80);
insert into inbox (workspace_id, distinct_id, tenant_id, latest_at)
    select workspace_id, distinct_id, tenant_id, max(created_at) from inbox_notification group by 1, 2, 3;
