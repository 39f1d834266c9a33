-- The runs of a person of which there need not be a message: whoever is erased is looked for here too.
create index run_of_person on run (workspace_id, distinct_id) where waits_until is not null or cancelled_at is not null;
