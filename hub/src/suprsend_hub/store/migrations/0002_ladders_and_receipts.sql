-- `success` is what ends the ladder that a message is a step of; null where nothing does.
alter table message add column success text;
alter table message add column delivered_at timestamptz;
alter table message add column seen_at timestamptz;
alter table message add column clicked_at timestamptz;
alter table message add column dismissed_at timestamptz;
