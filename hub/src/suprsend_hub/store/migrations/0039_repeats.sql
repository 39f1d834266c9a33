-- Which message this one repeats, where somebody sent one again, and who did.
alter table message add column repeats text collate "C";
alter table message add column repeated_by text;
