-- When an address was taken back into use: what happened before says nothing any more.
alter table suppression add column lifted_at timestamptz;
-- Which reports (message and cause) were heard of an address: vendors repeat them.
alter table suppression add column reports text[] not null default '{}';
update suppression set reports = array[message_id || ' ' || cause] where message_id is not null;
-- What upkeep looks for: those that end or ended.
create index suppression_until on suppression (until) where until is not null;
create index suppression_lifted on suppression (lifted_at) where lifted_at is not null;
