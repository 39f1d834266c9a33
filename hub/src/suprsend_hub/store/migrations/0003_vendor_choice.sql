-- Which messages an account is for: a kind of address, category roots (empty: all), one tenant (null: all).
alter table vendor add column provider text not null default '';
alter table vendor add column roots text[] not null default '{}';
alter table vendor add column tenant_id text;
update vendor set provider = 'fcm' where vendor = 'fcm';
