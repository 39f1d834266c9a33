-- A secret that was replaced signs webhooks too for a while.
alter table webhook_endpoint add column previous_secret bytea;
alter table webhook_endpoint add column previous_secret_until timestamptz;

-- Who made a service token, and when it was used last, to the minute.
alter table service_token add column made_by text;
alter table service_token add column used_at timestamptz;
