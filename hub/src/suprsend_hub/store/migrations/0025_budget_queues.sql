-- Until when those who wait are spread, for each root of categories, the most urgent first.
alter table vendor_budget alter column queued_until type timestamptz[] using array_fill(queued_until, array[3]);
