-- Some of the people of one request can be cancelled while it is not planned yet.
alter table cancellation add column request_id text;
