-- What failed on a server lately, newest first, at most ten: shown to people who ask why their scenes went elsewhere.
alter table engine_hosts add column recent_failures jsonb not null default '[]',
  add constraint engine_hosts_recent_failures_array check (jsonb_typeof(recent_failures) = 'array');
