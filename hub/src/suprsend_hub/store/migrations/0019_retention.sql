-- How far the forgetting of a class of data has come. Whoever has the row locked goes on from there, and moves the
-- position in the transaction that deletes.
create table retention (
    data_class text primary key,
    workspace_id bigint not null default 0,
    position text collate "C" not null default '',
    -- Requests that were found to be over, and are being deleted part by part: one may have a million runs.
    ending text[] collate "C" not null default '{}',
    -- When a pass has come to its end, the next one begins then.
    rests_until timestamptz
);
insert into retention (data_class) values ('messages'), ('events'), ('inbox');

-- Messages that an event may make needless: what that person does stays for as long as they wait.
create index message_awaits_event on message (workspace_id, id)
    where (status in ('to_be_triggered', 'triggered') or status = 'sent_by_vendor' and failure_code is not null)
    and success not in ('delivered', 'seen', 'interaction');

create index pgqueuer_held on pgqueuer (id) where status = 'failed';

-- How far the clock of development mode was put forward, for the other programs that use the same database.
create table test_clock (
    is_only boolean primary key default true check (is_only),
    ahead interval not null
);
