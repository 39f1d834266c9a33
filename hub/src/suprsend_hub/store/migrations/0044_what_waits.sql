-- Whom a request names that waits for its time; null once it is planned, and of all that are due at once. No run of theirs
-- is there yet to find it by.
alter table request add column waiting_people text[];
update request set waiting_people = nullif(array(
    select distinct btrim(person ->> 'distinct_id') from json_array_elements(body -> 'users') person
    where btrim(person ->> 'distinct_id') <> ''), '{}')
where state in ('accepted', 'cancelled') and due_at > accepted_at and json_typeof(body -> 'users') = 'array';
create index request_waiting_people on request using gin (waiting_people) with (fastupdate = off)
    where waiting_people is not null;

-- The waits that a run has behind it: of which node, and until when. Null where there are none, or none are known.
alter table run add column waits json;
