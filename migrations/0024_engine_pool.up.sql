-- Servers of an engine as one pool for all workers: how each does, whether an operator or its own failures keep work from it,
-- and which models it has loaded. A scene holds its place on a server in its own row: the place goes with the step's lease.
alter table engine_hosts
  add column slug text,
  add column places integer not null default 1,
  add column seen_at timestamptz not null default now(),
  add column probed_at timestamptz,
  add column probe_failures integer not null default 0,
  add column latency_ms real,
  add column queue_running integer,
  add column queue_pending integer,
  add column vram_free_bytes bigint,
  add column last_error text,
  add column drained_at timestamptz,
  add column blocked_at timestamptz,
  add column blocked_reason text,
  add column blames jsonb not null default '[]',
  add column breaker jsonb not null default '{}',
  add column loaded text,
  add column swaps integer not null default 0,
  add column catalogue jsonb,
  add column catalogue_hash text,
  add column catalogue_at timestamptz,
  add constraint engine_hosts_places check (places between 1 and 64),
  add constraint engine_hosts_breaker_object check (jsonb_typeof(breaker) = 'object'),
  add constraint engine_hosts_blames_array check (jsonb_typeof(blames) = 'array');
create unique index engine_hosts_slug on engine_hosts (slug);

alter table job_steps
  add column host text,
  add column failed_hosts text[] not null default '{}',
  add column vram_above bigint;
create index job_steps_places on job_steps (engine, host) where host is not null and state in ('ready', 'running');
create index job_steps_scenes_started on job_steps (engine, started_at) where kind = 'scene';

-- Asks the workers of an engine to look at one of its servers now.
create function enqueue_look(engine_kind text, host_key text, refresh boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => 'look.' || engine_kind,
    payload => pg_catalog.json_build_object('key', host_key, 'refresh', refresh),
    max_attempts => 1,
    job_key => 'look:' || engine_kind || ':' || host_key
  );
end $$;
revoke all on function enqueue_look(text, text, boolean) from public;

-- An operator keeps work from a server, or lets it come again and forgets what was held against it.
create function drain_engine_host(host_slug text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update public.engine_hosts set drained_at = coalesce(drained_at, now()) where slug = host_slug
$$;
create function resume_engine_host(host_slug text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update public.engine_hosts set drained_at = null, blocked_at = null, blocked_reason = null, blames = '[]', breaker = '{}'
  where slug = host_slug
$$;
-- Rings for the scene that waits longest, since there may be a place for it now.
create function ring_engine(engine_kind text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select public.enqueue_step(s.id) from (
    select s.id from public.job_steps s join public.jobs j on j.id = s.job_id and j.status in ('queued', 'processing')
    where s.engine = engine_kind and s.kind = 'scene' and s.state = 'ready' and s.ready_at <= now()
    order by s.ready_at, s.id limit 1) s
$$;
revoke all on function drain_engine_host(text), resume_engine_host(text), ring_engine(text) from public;
grant execute on function enqueue_look(text, text, boolean), drain_engine_host(text), resume_engine_host(text), ring_engine(text)
  to framecast_app;
