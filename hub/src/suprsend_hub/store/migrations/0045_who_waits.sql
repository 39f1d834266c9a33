-- Apart from the step before, which nobody can use the table beside.
update request set waiting_people = nullif(array(
    select distinct btrim(person ->> 'distinct_id') from json_array_elements(body -> 'users') person
    where btrim(person ->> 'distinct_id') <> ''), '{}')
where state in ('accepted', 'cancelled') and due_at > accepted_at and json_typeof(body -> 'users') = 'array';
create index request_waiting_people on request using gin (waiting_people) with (fastupdate = off)
    where waiting_people is not null;
