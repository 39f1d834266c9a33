-- A secret that was replaced signs webhooks too for a while.
alter table webhook_endpoint add column previous_secret bytea;
alter table webhook_endpoint add column previous_secret_until timestamptz;

-- Who made a service token, and when it was used last, to the minute.
alter table service_token add column made_by text;
alter table service_token add column used_at timestamptz;

-- An account that is set up and not used.
alter table vendor add column disabled_at timestamptz;

-- What somebody may do in all workspaces, null where that is nothing, and what they may do in single ones beside it.
alter table console_user alter column role drop not null;
create table console_user_workspace (
    console_user_id bigint not null references console_user on delete cascade,
    workspace_id bigint not null references workspace on delete cascade,
    role text not null check (role in ('viewer', 'editor', 'admin')),
    primary key (console_user_id, workspace_id)
);
create index console_user_workspace_workspace on console_user_workspace (workspace_id);
