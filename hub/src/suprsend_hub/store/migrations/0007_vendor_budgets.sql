-- How many messages a second an account may send in the whole fleet; null: as many as there are.
alter table vendor add column rate_per_second double precision;

create table vendor_budget (
    vendor_id bigint primary key references vendor on delete cascade,
    tokens double precision not null,
    counted_at timestamptz not null,
    queued_until timestamptz not null
);

-- How often a message was put off: a job is for one turn of it, so that two jobs never have it at once.
alter table message add column turn integer not null default 0;
