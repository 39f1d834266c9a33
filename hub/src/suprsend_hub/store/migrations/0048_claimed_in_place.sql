-- Claiming a message changes its state, and so wrote an entry into each index anew, as long as the conditions of some
-- named the state. These name what a claim leaves as it is.
alter table message
    add column is_unsettled boolean not null generated always as (status in ('to_be_triggered', 'triggered')) stored,
    add column is_with_vendor boolean not null generated always as (status = 'sent_by_vendor') stored,
    add column is_failed boolean not null
        generated always as (status in ('trigger_failed', 'delivery_failure')) stored;

drop index message_unsettled, message_awaits_event, message_failed, message_falls_back;
create index message_unsettled on message (due_at) where is_unsettled;
create index message_awaits_event on message (workspace_id, id)
    where (is_unsettled or is_with_vendor and failure_code is not null)
    and success not in ('delivered', 'seen', 'interaction');
create index message_failed on message (due_at) where is_with_vendor and failure_code is not null;
create index message_falls_back on message (workspace_id, due_at) where is_with_vendor and due_at > sent_at;

-- Failures are few, and looked for.
create index message_is_failed on message (run_id) where is_failed;
