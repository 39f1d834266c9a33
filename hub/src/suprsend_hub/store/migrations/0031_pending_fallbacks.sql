-- What a vendor has and what goes to the next one if nothing is heard of it: a cancellation has to find it.
create index message_falls_back on message (workspace_id, due_at) where status = 'sent_by_vendor' and due_at > sent_at;
