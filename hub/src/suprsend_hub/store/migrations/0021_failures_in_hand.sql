-- A failure that was reported while a worker had the message in hand: by which account, and whether that is the end.
-- The worker's settlement makes of it what it means by then.
alter table message add column noted_by text;
alter table message add column noted_code text;
alter table message add column noted_reason text;
alter table message add column noted_final boolean not null default false;

-- What failed with a vendor and waits for the next one; `check` looks for those that nobody came for.
create index message_failed on message (due_at) where status = 'sent_by_vendor' and failure_code is not null;
