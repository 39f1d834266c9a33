-- The order is that of an expression, which only this index has: with the plain id the planner may walk the primary key
-- instead, past every profile that tenants have of their own.
drop index profile_newest;
create index profile_newest on profile (workspace_id, object_type, (id + 0) desc) where tenant_id = '';
