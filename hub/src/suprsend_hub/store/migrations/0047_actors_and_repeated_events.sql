-- Not only people in the console change things: programs do with service tokens, and whoever is at the command line.
alter table audit_entry add column user_kind text not null default 'person';
update audit_entry set user_kind = 'command line' where console_user_id is null and user_name = 'command line';

-- What a record that comes again is answered with: events have no key of their own, and edits of profiles no row.
alter table idempotency add column record_id text;
