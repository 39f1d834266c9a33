-- Whoever has an address, in any case, is found by it in the console.
create index identity_address on identity (md5(lower(value)));
-- The console lists lists newest first.
create index subscriber_list_newest on subscriber_list (workspace_id, id desc) where deleted_at is null;
