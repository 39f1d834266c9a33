-- What mails of a workspace may tell of their readers.
alter table workspace add column tracks_opens boolean not null default true;
alter table workspace add column tracks_clicks boolean not null default true;

-- '' is every category; another is what somebody unsubscribed from.
alter table suppression add column category text not null default '';
drop index suppression_address;
create unique index suppression_address on suppression (workspace_id, channel, provider, md5(address), category);
