-- Whom a request names that waits for its time; null once it is planned, and of all that are due at once. No run of theirs
-- is there yet to find it by.
alter table request add column waiting_people text[];

-- The waits that a run has behind it: of which node, and until when. Null where there are none, or none are known.
alter table run add column waits json;
