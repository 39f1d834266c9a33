-- How many of its turns an account keeps, and what was seen of it since `window_since`.
create table vendor_health (
    vendor_id bigint primary key references vendor on delete cascade,
    weight double precision not null default 1,
    tried integer not null default 0,
    faulted integer not null default 0,
    awaited integer not null default 0,
    silent integer not null default 0,
    window_since timestamptz not null,
    -- Of the window before, for people to see.
    last_fault_share double precision,
    last_silent_share double precision,
    changed_at timestamptz
);

-- Accounts that had a message before the one that has it now; null where there is none.
alter table message add column passed text[];
