-- Whom a request names as the actor: no run is that person's, and whoever is erased or merged is looked for here.
alter table request add column actor_id text;
update request set actor_id = btrim(coalesce(body -> 'actor' ->> 'distinct_id', body ->> 'actor'))
where workflow_version_id is not null and json_typeof(body -> 'actor') in ('string', 'object');
create index request_actor on request (workspace_id, actor_id) where actor_id is not null;
