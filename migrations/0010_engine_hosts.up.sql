-- What workers found out about the servers of an engine: memory, release, and what each workflow lacks there. The server
-- reads it to refuse a job that no server can render. Rows are made anew every minute; none is kept longer than a day.
create table engine_hosts (
  engine text not null,
  key text not null,
  label text not null,
  version text,
  vram_total_bytes bigint,
  ram_total_bytes bigint,
  workflows jsonb not null,
  checked_at timestamptz not null default now(),
  primary key (engine, key),
  constraint engine_hosts_workflows_object check (jsonb_typeof(workflows) = 'object')
);

-- Like the workers, the servers are no secret to those who may ask for the status; only workers write.
alter table engine_hosts enable row level security;
create policy engine_hosts_reach on engine_hosts for select to framecast_app using (true);
revoke insert, update, delete on engine_hosts from framecast_app;
