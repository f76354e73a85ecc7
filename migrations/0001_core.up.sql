-- People, keys, jobs and their steps. Nothing is locked: the tables are new.
create extension if not exists citext;

create function set_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at = now();
  return new;
end $$;

-- The three forms of an owner URN that may own rows.
create domain owner_urn as text check (
  length(value) <= 500
  and value ~ '^framecast:(user|team|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
);

-- ---------------------------------------------------------------- users
create table users (
  id uuid primary key,
  email citext not null,
  name text,
  avatar_url text,
  tier text not null default 'starter',
  is_operator boolean not null default false,
  credits integer not null default 0,
  ephemeral_storage_bytes bigint not null default 0,
  upgraded_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint users_email_unique unique (email),
  constraint users_email_form check (length(email::text) <= 255 and email::text ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'),
  constraint users_name_length check (char_length(name) between 1 and 100),
  constraint users_tier_known check (tier in ('starter', 'creator')),
  constraint users_tier_upgraded check ((tier = 'creator') = (upgraded_at is not null)),
  constraint users_credits_not_negative check (credits >= 0),
  constraint users_storage_not_negative check (ephemeral_storage_bytes >= 0),
  constraint users_time_order check (created_at <= updated_at)
);
create index users_tier on users (tier);
create trigger users_updated before update on users for each row execute function set_updated_at();

-- Stands in for deleted users wherever history names one.
insert into users (id, email, name) values ('00000000-0000-0000-0000-000000000000', 'deleted@invalid.local', 'Deleted user');

-- ---------------------------------------------------------------- API keys
create table api_keys (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  owner owner_urn not null,
  name text not null default 'Default',
  key_prefix text not null default 'sk_live_',
  key_hash text not null,
  key_hash_prefix text,
  scopes jsonb not null default '["*"]',
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint api_keys_hash_unique unique (key_hash),
  constraint api_keys_hash_present check (length(key_hash) between 1 and 255),
  constraint api_keys_name_length check (char_length(name) between 1 and 100),
  constraint api_keys_prefix check (key_prefix = 'sk_live_'),
  constraint api_keys_scopes_present check (jsonb_typeof(scopes) = 'array' and jsonb_array_length(scopes) > 0)
);
create index api_keys_user on api_keys (user_id);
create index api_keys_owner on api_keys (owner);
create index api_keys_lookup on api_keys (key_hash_prefix);

-- A starter's key is owned by the own personal URN; any other key needs a creator; the person of a
-- membership URN is the key's user.
create function api_keys_owner_allowed() returns trigger language plpgsql as $$
declare
  user_tier text;
begin
  select tier into user_tier from users where id = new.user_id;
  if split_part(new.owner, ':', 2) = 'user' then
    if split_part(new.owner, ':', 3) <> new.user_id::text then
      raise exception 'a personal key is owned by its own user' using errcode = 'check_violation', constraint = 'api_keys_personal_owner';
    end if;
  elsif user_tier <> 'creator' then
    raise exception 'team and membership keys need a creator' using errcode = 'check_violation', constraint = 'api_keys_creator';
  elsif split_part(new.owner, ':', 2) <> 'team' and split_part(new.owner, ':', 3) <> new.user_id::text then
    raise exception 'a membership key is owned by its own user' using errcode = 'check_violation', constraint = 'api_keys_membership_owner';
  end if;
  return new;
end $$;
create trigger api_keys_owner_allowed before insert or update of owner, user_id on api_keys
  for each row execute function api_keys_owner_allowed();

-- ---------------------------------------------------------------- jobs
-- Times are kept to the millisecond, as JavaScript has them, so that a cursor made from one finds the same row again.
create table jobs (
  id uuid primary key,
  owner owner_urn not null,
  triggered_by uuid not null references users (id),
  project_id uuid,
  status text not null default 'queued',
  spec_snapshot jsonb not null,
  options jsonb not null default '{}',
  engine text not null,
  progress jsonb not null default '{}',
  progress_event_at timestamptz(3),
  output jsonb,
  output_size_bytes bigint,
  error jsonb,
  credits_charged integer not null default 0,
  failure_type text,
  credits_refunded integer not null default 0,
  idempotency_key text,
  spec_revision integer,
  started_at timestamptz(3),
  completed_at timestamptz(3),
  last_event_sequence bigint not null default 0,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint jobs_status_known check (status in ('queued', 'processing', 'completed', 'failed', 'canceled')),
  constraint jobs_terminal_completed_at check ((status in ('completed', 'failed', 'canceled')) = (completed_at is not null)),
  constraint jobs_processing_started check (status <> 'processing' or started_at is not null),
  constraint jobs_completed_output check ((status = 'completed') = (output is not null)),
  constraint jobs_output_size check ((output is null) = (output_size_bytes is null) and output_size_bytes >= 0),
  constraint jobs_failed_error check (status <> 'failed' or error is not null),
  constraint jobs_failure_type_known check (failure_type in ('system', 'validation', 'timeout', 'canceled')),
  constraint jobs_failure_type_present check ((status in ('failed', 'canceled')) = (failure_type is not null)),
  constraint jobs_charged_not_negative check (credits_charged >= 0),
  constraint jobs_refund_bounds check (credits_refunded between 0 and credits_charged),
  constraint jobs_idempotency_length check (char_length(idempotency_key) between 1 and 255),
  constraint jobs_project_owner check (project_id is null or split_part(owner, ':', 2) = 'team'),
  constraint jobs_time_order check (created_at <= updated_at),
  constraint jobs_started_order check (started_at is null or created_at <= started_at),
  constraint jobs_completed_order check (completed_at is null or coalesce(started_at, created_at) <= completed_at)
);
create index jobs_created on jobs (created_at desc, id desc);
create index jobs_owner_created on jobs (owner, created_at desc, id desc);
create index jobs_triggered_by on jobs (triggered_by);
create index jobs_active on jobs (owner) where status in ('queued', 'processing');
create index jobs_processing on jobs (started_at) where status = 'processing';
create unique index jobs_idempotency on jobs (triggered_by, idempotency_key) where idempotency_key is not null;
create unique index jobs_one_active_per_project on jobs (project_id) where project_id is not null and status in ('queued', 'processing');
create trigger jobs_updated before update on jobs for each row execute function set_updated_at();

-- The table of transitions, as the last guard: whatever the code above believes, a finished job stays finished
-- and the snapshot stays what was accepted.
create function jobs_guard() returns trigger language plpgsql as $$
begin
  if new.spec_snapshot is distinct from old.spec_snapshot then
    raise exception 'the snapshot of a job never changes' using errcode = 'check_violation', constraint = 'jobs_snapshot_fixed';
  end if;
  if new.status <> old.status and not (
    (old.status = 'queued' and new.status in ('processing', 'canceled'))
    or (old.status = 'processing' and new.status in ('completed', 'failed', 'canceled'))
  ) then
    raise exception 'a % job cannot become %', old.status, new.status using errcode = 'check_violation', constraint = 'jobs_transition';
  end if;
  if old.status in ('completed', 'failed', 'canceled') and (
    new.output is distinct from old.output or new.error is distinct from old.error
    or new.credits_refunded <> old.credits_refunded or new.progress is distinct from old.progress
  ) then
    raise exception 'a finished job does not change' using errcode = 'check_violation', constraint = 'jobs_finished';
  end if;
  if new.credits_charged <> old.credits_charged or new.owner <> old.owner then
    raise exception 'owner and charge of a job are fixed' using errcode = 'check_violation', constraint = 'jobs_fixed_columns';
  end if;
  return new;
end $$;
create trigger jobs_guard before update on jobs for each row execute function jobs_guard();

-- At most 5 active jobs an owner, 1 for a starter over all own jobs. The advisory lock makes counting safe.
create function jobs_concurrency() returns trigger language plpgsql as $$
declare
  starter boolean;
begin
  perform pg_advisory_xact_lock(hashtextextended('jobs:' || new.owner, 0));
  select tier = 'starter' into starter from users where id = new.triggered_by;
  if starter and exists (
    select 1 from jobs where triggered_by = new.triggered_by and status in ('queued', 'processing')
  ) then
    raise exception 'a starter runs one job at a time' using errcode = 'unique_violation', constraint = 'jobs_starter_concurrency';
  end if;
  if (select count(*) from jobs where owner = new.owner and status in ('queued', 'processing')) >= 5 then
    raise exception 'an owner runs five jobs at a time' using errcode = 'unique_violation', constraint = 'jobs_owner_concurrency';
  end if;
  return new;
end $$;
create trigger jobs_concurrency before insert on jobs for each row execute function jobs_concurrency();

-- ---------------------------------------------------------------- job events
create table job_events (
  id uuid primary key,
  job_id uuid not null references jobs (id) on delete cascade,
  sequence bigint not null,
  position bigint generated always as identity,
  event_type text not null,
  payload jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint job_events_sequence unique (job_id, sequence),
  constraint job_events_sequence_positive check (sequence >= 1),
  constraint job_events_type_known check (
    event_type in ('queued', 'started', 'progress', 'scene_complete', 'completed', 'failed', 'canceled')
  )
);
create index job_events_job_created on job_events (job_id, created_at);
create index job_events_created on job_events (created_at);
create unique index job_events_position on job_events (position);

-- Listeners are told with the commit, never before it.
create function job_events_notify() returns trigger language plpgsql as $$
begin
  perform pg_notify('job_events', new.job_id || ':' || new.sequence || ':' || new.position);
  return null;
end $$;
create trigger job_events_notify after insert on job_events for each row execute function job_events_notify();

-- ---------------------------------------------------------------- job steps
create table job_steps (
  id uuid primary key,
  job_id uuid not null references jobs (id) on delete cascade,
  kind text not null,
  key text not null default '',
  state text not null default 'waiting',
  waiting_on integer not null default 0,
  attempt integer not null default 0,
  failures integer not null default 0,
  task text not null,
  lease_owner text,
  lease_until timestamptz,
  engine text,
  remote_id text,
  content_key text,
  input jsonb not null default '{}',
  progress real not null default 0,
  preview_key text,
  preview_at timestamptz,
  result jsonb,
  error jsonb,
  ready_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint job_steps_unique unique (job_id, kind, key),
  constraint job_steps_kind_known check (kind in ('plan', 'scene', 'voice', 'assemble')),
  constraint job_steps_state_known check (state in ('waiting', 'ready', 'running', 'done', 'failed', 'canceled')),
  constraint job_steps_waiting_on check (waiting_on >= 0 and (state <> 'ready' or waiting_on = 0)),
  constraint job_steps_lease check ((state = 'running') = (lease_owner is not null) and (state = 'running') = (lease_until is not null)),
  constraint job_steps_done_result check (state <> 'done' or result is not null),
  constraint job_steps_failed_error check (state <> 'failed' or error is not null),
  constraint job_steps_progress check (progress between 0 and 1)
);
create index job_steps_leases on job_steps (lease_until) where state = 'running';
create index job_steps_ready on job_steps (ready_at) where state = 'ready';
create trigger job_steps_updated before update on job_steps for each row execute function set_updated_at();

create table job_step_edges (
  step_id uuid not null references job_steps (id) on delete cascade,
  depends_on uuid not null references job_steps (id) on delete cascade,
  primary key (depends_on, step_id),
  constraint job_step_edges_not_self check (step_id <> depends_on)
);
create index job_step_edges_step on job_step_edges (step_id);

-- Wakes a worker for a step. The queue row is only a bell: its loss costs time, never a step. One row a step:
-- the same key replaces an older row, even a locked one.
create function enqueue_step(step uuid, delay interval default '0') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  task_name text;
begin
  select s.task into task_name from public.job_steps s where s.id = step;
  perform graphile_worker.add_job(
    identifier => task_name,
    payload => pg_catalog.json_build_object('step_id', step),
    run_at => pg_catalog.now() + delay,
    max_attempts => 1,
    job_key => 'step:' || step::text
  );
end $$;

-- Tells a worker to stop remote work of a step that was given up.
create function enqueue_interrupt(step uuid, engine_task text, remote text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => engine_task,
    payload => pg_catalog.json_build_object('step_id', step, 'remote_id', remote),
    max_attempts => 5,
    job_key => 'interrupt:' || step::text
  );
end $$;

-- Objects go after the rows that named them: by prefix, tried again until done.
create function enqueue_object_removal(prefix text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => 'objects.remove',
    payload => pg_catalog.json_build_object('prefix', prefix),
    max_attempts => 25,
    job_key => 'objects:' || prefix
  );
end $$;

-- ---------------------------------------------------------------- scene cache
-- Clips by what made them. `scope` is the person or team whose clips may be reused; never across.
create table scene_cache (
  scope owner_urn not null,
  content_key text not null,
  object_key text not null,
  sha256 text not null,
  size_bytes bigint not null,
  frames integer not null,
  key_frames integer[] not null,
  metadata jsonb not null default '{}',
  hits integer not null default 0,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  primary key (scope, content_key),
  constraint scene_cache_key_form check (content_key ~ '^[0-9a-f]{64}$' and sha256 ~ '^[0-9a-f]{64}$'),
  constraint scene_cache_counts check (size_bytes > 0 and frames > 0 and hits >= 0)
);
create index scene_cache_last_used on scene_cache (last_used_at);

-- ---------------------------------------------------------------- credits and usage
create table credit_entries (
  id uuid primary key,
  source owner_urn not null,
  job_id uuid,
  kind text not null,
  amount integer not null,
  moves_balance boolean not null,
  note text,
  created_at timestamptz not null default now(),
  constraint credit_entries_kind_known check (kind in ('grant', 'debit', 'refund')),
  constraint credit_entries_amount check (amount >= 0),
  constraint credit_entries_job check ((kind = 'grant') = (job_id is null)),
  constraint credit_entries_once unique (job_id, kind)
);
create index credit_entries_source on credit_entries (source, created_at);

create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'check_violation', constraint = tg_table_name || '_append_only';
end $$;
create trigger credit_entries_append_only before update or delete on credit_entries
  for each row execute function append_only();

create table usage (
  id uuid primary key,
  owner owner_urn not null,
  period text not null,
  renders_count integer not null default 0,
  render_seconds integer not null default 0,
  credits_used integer not null default 0,
  credits_refunded integer not null default 0,
  api_calls integer not null default 0,
  updated_at timestamptz not null default now(),
  constraint usage_owner_period unique (owner, period),
  constraint usage_period_form check (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
  constraint usage_not_negative check (
    renders_count >= 0 and render_seconds >= 0 and credits_used >= 0 and credits_refunded >= 0 and api_calls >= 0
  )
);
create index usage_period on usage (period);
create trigger usage_updated before update on usage for each row execute function set_updated_at();

-- ---------------------------------------------------------------- assets
create table asset_files (
  id uuid primary key,
  owner owner_urn not null,
  uploaded_by uuid not null references users (id),
  project_id uuid,
  filename text not null,
  s3_key text not null,
  content_type text not null,
  size_bytes bigint not null,
  status text not null default 'pending',
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint asset_files_key_unique unique (s3_key),
  constraint asset_files_filename check (char_length(filename) between 1 and 255 and filename !~ '[/\\[:cntrl:]]'),
  constraint asset_files_key_length check (length(s3_key) <= 500),
  constraint asset_files_type_known check (
    content_type in ('image/jpeg', 'image/png', 'image/webp', 'audio/mpeg', 'audio/wav', 'audio/ogg', 'video/mp4')
  ),
  constraint asset_files_size check (size_bytes between 1 and 52428800),
  constraint asset_files_status_known check (status in ('pending', 'ready', 'failed')),
  constraint asset_files_time_order check (created_at <= updated_at)
);
create index asset_files_owner on asset_files (owner);
create index asset_files_uploaded_by on asset_files (uploaded_by);
create trigger asset_files_updated before update on asset_files for each row execute function set_updated_at();

-- ---------------------------------------------------------------- looking on
create table watch_links (
  id uuid primary key,
  job_id uuid not null references jobs (id) on delete cascade,
  created_by uuid not null references users (id) on delete cascade,
  token_hash text not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint watch_links_token_unique unique (token_hash),
  constraint watch_links_time_order check (created_at < expires_at)
);
create index watch_links_job on watch_links (job_id);

create table ws_tickets (
  token_hash text primary key,
  user_id uuid not null references users (id) on delete cascade,
  api_key_id uuid references api_keys (id) on delete cascade,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index ws_tickets_expires on ws_tickets (expires_at);

-- ---------------------------------------------------------------- processes
-- One row a running worker, kept fresh by its heartbeat: health checks and the status page read it.
create table workers (
  id text primary key,
  host text not null,
  roles text[] not null,
  version text not null,
  running integer not null default 0,
  started_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);
