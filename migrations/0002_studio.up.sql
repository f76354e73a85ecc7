-- People with passwords and sessions, teams with members and projects, webhooks, an audit trail, and the rules that
-- hold between them. Trigger functions are SECURITY DEFINER: they count rows that the caller may not see.

-- ---------------------------------------------------------------- users
-- A creator never returns to starter.
create function users_tier_guard() returns trigger language plpgsql as $$
begin
  if old.tier = 'creator' and new.tier <> 'creator' then
    raise exception 'a creator stays a creator' using errcode = 'check_violation', constraint = 'users_tier_absorbing';
  end if;
  return new;
end $$;
create trigger users_tier_guard before update of tier on users for each row execute function users_tier_guard();
alter table users add constraint users_avatar_url_form
  check (length(avatar_url) <= 2048 and avatar_url ~* '^https?://[^\s]+$');

create table user_credentials (
  user_id uuid primary key references users (id) on delete cascade,
  password_hash text not null,
  password_changed_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint user_credentials_argon2id check (password_hash like '$argon2id$%')
);

create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  last_seen_at timestamptz,
  ip text,
  user_agent text,
  constraint sessions_time_order check (created_at < expires_at),
  constraint sessions_user_agent_length check (char_length(user_agent) <= 500)
);
create index sessions_user on sessions (user_id);
create index sessions_expires on sessions (expires_at);

-- Links that make the first account of an installation: one use.
create table setup_links (
  token_hash text primary key,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint setup_links_time_order check (created_at < expires_at)
);

-- Counters of fixed windows. Unlogged: counting a request never waits for the disk, and after a crash of the database
-- everybody begins anew.
create unlogged table rate_limits (
  bucket text not null,
  window_start timestamptz not null,
  count integer not null default 0,
  primary key (bucket, window_start)
);
create index rate_limits_window on rate_limits (window_start);

create table login_failures (
  key text not null,
  window_start timestamptz not null,
  count integer not null default 0,
  primary key (key, window_start)
);
create index login_failures_window on login_failures (window_start);

-- ---------------------------------------------------------------- teams
create table teams (
  id uuid primary key,
  name text not null,
  slug text not null,
  credits integer not null default 0,
  ephemeral_storage_bytes bigint not null default 0,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint teams_slug_unique unique (slug),
  constraint teams_name_length check (char_length(name) between 1 and 100 and name ~ '\S'),
  constraint teams_slug_form check (length(slug) <= 50 and slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' and slug !~ '--'),
  constraint teams_credits_not_negative check (credits >= 0),
  constraint teams_storage_not_negative check (ephemeral_storage_bytes >= 0),
  constraint teams_settings_object check (jsonb_typeof(settings) = 'object'),
  constraint teams_time_order check (created_at <= updated_at)
);
create trigger teams_updated before update on teams for each row execute function set_updated_at();
create function teams_slug_fixed() returns trigger language plpgsql as $$
begin
  raise exception 'the slug of a team never changes' using errcode = 'check_violation', constraint = 'teams_slug_fixed';
end $$;
create trigger teams_slug_fixed before update on teams
  for each row when (new.slug is distinct from old.slug) execute function teams_slug_fixed();

create table memberships (
  id uuid primary key,
  team_id uuid not null references teams (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  role text not null default 'member',
  created_at timestamptz not null default now(),
  constraint memberships_once unique (team_id, user_id),
  constraint memberships_role_known check (role in ('owner', 'admin', 'member', 'viewer'))
);
create index memberships_user on memberships (user_id);

-- Members are creators; a person owns at most 10 teams and belongs to at most 50. The lock on the person's row makes
-- counting safe.
create function memberships_guard() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  user_tier text;
begin
  select tier into user_tier from users where id = new.user_id for no key update;
  if user_tier is distinct from 'creator' and user_tier is not null then
    raise exception 'members are creators' using errcode = 'check_violation', constraint = 'memberships_creator';
  end if;
  if tg_op = 'INSERT' and (select count(*) from memberships where user_id = new.user_id) >= 50 then
    raise exception 'a person belongs to at most 50 teams' using errcode = 'unique_violation', constraint = 'memberships_limit';
  end if;
  if new.role = 'owner' and (tg_op = 'INSERT' or old.role <> 'owner')
    and (select count(*) from memberships where user_id = new.user_id and role = 'owner') >= 10 then
    raise exception 'a person owns at most 10 teams' using errcode = 'unique_violation', constraint = 'memberships_owned_limit';
  end if;
  return new;
end $$;
create trigger memberships_guard before insert or update of role, user_id on memberships
  for each row execute function memberships_guard();

-- A team always has a member and an owner, looked at when the transaction commits. The lock on the team's row lets two
-- owners who leave at once do so one after the other: the second one sees that it would be the last.
create function teams_owner_present() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  team uuid;
begin
  if tg_table_name = 'teams' then team := new.id; else team := old.team_id; end if;
  perform 1 from teams where id = team for no key update;
  if found and not exists (select 1 from memberships where team_id = team and role = 'owner') then
    raise exception 'a team has at least one owner' using errcode = 'unique_violation', constraint = 'teams_owner_present';
  end if;
  return null;
end $$;
create constraint trigger teams_owner_present after insert on teams
  deferrable initially deferred for each row execute function teams_owner_present();
create constraint trigger memberships_owner_present after delete or update of role, team_id on memberships
  deferrable initially deferred for each row execute function teams_owner_present();

-- ---------------------------------------------------------------- invitations
create table invitations (
  id uuid primary key,
  team_id uuid not null references teams (id) on delete cascade,
  invited_by uuid not null default '00000000-0000-0000-0000-000000000000' references users (id) on delete set default,
  email citext not null,
  role text not null default 'member',
  token text not null,
  expires_at timestamptz not null default now() + interval '7 days',
  accepted_at timestamptz,
  declined_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint invitations_token_unique unique (token),
  constraint invitations_token_length check (length(token) between 1 and 255),
  constraint invitations_email_form check (length(email::text) <= 255 and email::text ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'),
  constraint invitations_role_known check (role in ('admin', 'member', 'viewer')),
  constraint invitations_one_end check (num_nonnulls(accepted_at, declined_at, revoked_at) <= 1),
  constraint invitations_time_order check (created_at < expires_at),
  constraint invitations_accepted_order check (created_at <= accepted_at)
);
create index invitations_email on invitations (email);
create index invitations_team on invitations (team_id, created_at desc, id desc);
create index invitations_team_email on invitations (team_id, email);

-- Nobody invites himself or a present member; at most 50 invitations of a team wait for an answer.
create function invitations_guard() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform 1 from teams where id = new.team_id for no key update;
  if exists (select 1 from users where id = new.invited_by and email = new.email) then
    raise exception 'nobody invites the own address' using errcode = 'check_violation', constraint = 'invitations_not_self';
  end if;
  if exists (
    select 1 from memberships m join users u on u.id = m.user_id where m.team_id = new.team_id and u.email = new.email
  ) then
    raise exception 'this person is a member already' using errcode = 'unique_violation', constraint = 'invitations_not_member';
  end if;
  if (select count(*) from invitations where team_id = new.team_id and accepted_at is null and declined_at is null
        and revoked_at is null and expires_at > now()) >= 50 then
    raise exception 'at most 50 invitations of a team may wait' using errcode = 'unique_violation', constraint = 'invitations_pending_limit';
  end if;
  return new;
end $$;
create trigger invitations_guard before insert on invitations for each row execute function invitations_guard();

-- ---------------------------------------------------------------- API keys
-- Replaces the rule of 0001: a key of a team or of a membership needs that membership.
create or replace function api_keys_owner_allowed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  user_tier text;
  first text := split_part(new.owner, ':', 2);
  team text;
begin
  select tier into user_tier from users where id = new.user_id;
  if first = 'user' then
    if split_part(new.owner, ':', 3) <> new.user_id::text then
      raise exception 'a personal key is owned by its own user' using errcode = 'check_violation', constraint = 'api_keys_personal_owner';
    end if;
    return new;
  end if;
  if user_tier <> 'creator' then
    raise exception 'team and membership keys need a creator' using errcode = 'check_violation', constraint = 'api_keys_creator';
  end if;
  team := case when first = 'team' then split_part(new.owner, ':', 3) else first end;
  if first <> 'team' and split_part(new.owner, ':', 3) <> new.user_id::text then
    raise exception 'a membership key is owned by its own user' using errcode = 'check_violation', constraint = 'api_keys_membership_owner';
  end if;
  if not exists (select 1 from memberships where team_id = team::uuid and user_id = new.user_id) then
    raise exception 'a key of a team needs a membership in it' using errcode = 'check_violation', constraint = 'api_keys_membership';
  end if;
  return new;
end $$;

-- ---------------------------------------------------------------- projects
create table projects (
  id uuid primary key,
  team_id uuid not null references teams (id) on delete cascade,
  created_by uuid not null default '00000000-0000-0000-0000-000000000000' references users (id) on delete set default,
  name text not null,
  status text not null default 'draft',
  spec jsonb,
  spec_revision integer not null default 1,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint projects_name_length check (char_length(name) between 1 and 200),
  constraint projects_status_known check (status in ('draft', 'rendering', 'completed', 'archived')),
  constraint projects_spec_object check (jsonb_typeof(spec) = 'object'),
  constraint projects_revision_positive check (spec_revision >= 1),
  constraint projects_time_order check (created_at <= updated_at)
);
create index projects_team on projects (team_id, updated_at desc, id desc);
create index projects_created_by on projects (created_by);
create index projects_status on projects (status);
create trigger projects_updated before update on projects for each row execute function set_updated_at();

-- The spec counts its changes by itself, whoever makes them; archived projects are left alone but for their name.
create function projects_guard() returns trigger language plpgsql as $$
begin
  if new.status <> old.status and not (
    (old.status in ('draft', 'completed') and new.status in ('rendering', 'archived'))
    or (old.status = 'rendering' and new.status in ('completed', 'draft'))
    or (old.status = 'archived' and new.status = 'draft')
  ) then
    raise exception 'a % project cannot become %', old.status, new.status using errcode = 'check_violation', constraint = 'projects_transition';
  end if;
  if new.spec is distinct from old.spec then
    if old.status = 'archived' then
      raise exception 'an archived project keeps its storyboard' using errcode = 'check_violation', constraint = 'projects_archived_spec';
    end if;
    new.spec_revision := old.spec_revision + 1;
  else
    new.spec_revision := old.spec_revision;
  end if;
  return new;
end $$;
create trigger projects_guard before update on projects for each row execute function projects_guard();

alter table jobs add constraint jobs_project foreign key (project_id) references projects (id) on delete set null;
create index jobs_project_created on jobs (project_id, created_at desc, id desc) where project_id is not null;

-- The owner of a project's job is the project's own team.
create function jobs_project_guard() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from projects where id = new.project_id and 'framecast:team:' || team_id = new.owner) then
    raise exception 'a job of a project is owned by its team' using errcode = 'check_violation', constraint = 'jobs_project_team';
  end if;
  return new;
end $$;
create trigger jobs_project_guard before insert on jobs
  for each row when (new.project_id is not null) execute function jobs_project_guard();

-- A project that is rendering has an active job, looked at when the transaction commits.
create function projects_job_present() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  project uuid;
begin
  if tg_table_name = 'projects' then project := new.id; else project := old.project_id; end if;
  if exists (select 1 from projects where id = project and status = 'rendering')
    and not exists (select 1 from jobs where project_id = project and status in ('queued', 'processing')) then
    raise exception 'a rendering project has an active job' using errcode = 'check_violation', constraint = 'projects_job_present';
  end if;
  return null;
end $$;
create constraint trigger projects_job_present after insert or update of status on projects
  deferrable initially deferred for each row when (new.status = 'rendering') execute function projects_job_present();
create constraint trigger jobs_project_present after delete or update of status, project_id on jobs
  deferrable initially deferred for each row when (old.project_id is not null) execute function projects_job_present();

-- ---------------------------------------------------------------- jobs: counting needs eyes for all rows
create or replace function jobs_concurrency() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  starter boolean;
begin
  select tier = 'starter' into starter from users where id = new.triggered_by;
  if starter then
    perform pg_advisory_xact_lock(hashtextextended('starter:' || new.triggered_by, 0));
    if exists (select 1 from jobs where triggered_by = new.triggered_by and status in ('queued', 'processing')) then
      raise exception 'a starter runs one job at a time' using errcode = 'unique_violation', constraint = 'jobs_starter_concurrency';
    end if;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('jobs:' || new.owner, 0));
  if (select count(*) from jobs where owner = new.owner and status in ('queued', 'processing')) >= 5 then
    raise exception 'an owner runs five jobs at a time' using errcode = 'unique_violation', constraint = 'jobs_owner_concurrency';
  end if;
  return new;
end $$;

-- ---------------------------------------------------------------- assets
alter table asset_files
  alter column created_at type timestamptz(3),
  alter column updated_at type timestamptz(3),
  add constraint asset_files_project foreign key (project_id) references projects (id) on delete cascade;
create index asset_files_project on asset_files (project_id) where project_id is not null;
create index asset_files_owner_created on asset_files (owner, created_at desc, id desc);
create index asset_files_pending on asset_files (created_at) where status = 'pending';

create function asset_files_project_owner() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from projects where id = new.project_id and 'framecast:team:' || team_id = new.owner) then
    raise exception 'a file of a project is owned by its team' using errcode = 'check_violation', constraint = 'asset_files_project_owner';
  end if;
  return new;
end $$;
create trigger asset_files_project_owner before insert or update of project_id, owner on asset_files
  for each row when (new.project_id is not null) execute function asset_files_project_owner();

-- ---------------------------------------------------------------- system assets
create table system_assets (
  id text primary key,
  category text not null,
  name text not null,
  description text not null,
  duration_seconds numeric(10, 3),
  s3_key text not null,
  content_type text not null,
  size_bytes bigint not null,
  tags text[] not null default '{}',
  created_at timestamptz not null default now(),
  constraint system_assets_id_form check (length(id) <= 100 and id ~ '^asset_(sfx|ambient|music|transition)_[a-z0-9_]+$'),
  constraint system_assets_category_known check (category in ('sfx', 'ambient', 'music', 'transition')),
  constraint system_assets_name_length check (char_length(name) between 1 and 255),
  constraint system_assets_description_length check (char_length(description) <= 500),
  constraint system_assets_duration_positive check (duration_seconds > 0),
  constraint system_assets_key_unique unique (s3_key),
  constraint system_assets_key_length check (length(s3_key) <= 500),
  constraint system_assets_size_positive check (size_bytes > 0)
);
create index system_assets_order on system_assets (category, name, id);
create index system_assets_tags on system_assets using gin (tags);

-- ---------------------------------------------------------------- webhooks
create type webhook_event_type as enum
  ('job.queued', 'job.started', 'job.progress', 'job.completed', 'job.failed', 'job.canceled');

create table webhooks (
  id uuid primary key,
  team_id uuid not null references teams (id) on delete cascade,
  created_by uuid not null default '00000000-0000-0000-0000-000000000000' references users (id) on delete set default,
  url text not null,
  events webhook_event_type[] not null,
  -- Sealed with DATA_KEY.
  secret text not null,
  is_active boolean not null default true,
  last_triggered_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhooks_url_length check (length(url) between 1 and 2048),
  constraint webhooks_events_present check (cardinality(events) between 1 and 6),
  constraint webhooks_secret_length check (length(secret) between 1 and 255),
  constraint webhooks_time_order check (created_at <= updated_at)
);
create index webhooks_team on webhooks (team_id, created_at desc, id desc);
create index webhooks_team_active on webhooks (team_id, is_active);
create trigger webhooks_updated before update on webhooks for each row execute function set_updated_at();

create function webhooks_guard() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if (select count(distinct event) from unnest(new.events) as event) <> cardinality(new.events) then
    raise exception 'an event is named once' using errcode = 'check_violation', constraint = 'webhooks_events_unique';
  end if;
  if tg_op = 'INSERT' then
    perform 1 from teams where id = new.team_id for no key update;
    if (select count(*) from webhooks where team_id = new.team_id) >= 20 then
      raise exception 'a team has at most 20 webhooks' using errcode = 'unique_violation', constraint = 'webhooks_limit';
    end if;
  end if;
  return new;
end $$;
create trigger webhooks_guard before insert or update of events on webhooks for each row execute function webhooks_guard();

create table webhook_deliveries (
  id uuid primary key,
  webhook_id uuid not null references webhooks (id) on delete cascade,
  job_id uuid references jobs (id) on delete set null,
  event_type text not null,
  status text not null default 'pending',
  payload jsonb not null,
  response_status integer,
  response_body text,
  attempts integer not null default 0,
  max_attempts integer not null default 5,
  next_retry_at timestamptz,
  delivered_at timestamptz,
  -- While an attempt runs: until when it may. A sender that died is noticed by it.
  attempt_until timestamptz,
  created_at timestamptz(3) not null default now(),
  constraint webhook_deliveries_event_known check (event_type in
    ('job.queued', 'job.started', 'job.progress', 'job.completed', 'job.failed', 'job.canceled', 'webhook.test')),
  constraint webhook_deliveries_status_known check (status in ('pending', 'attempting', 'retrying', 'delivered', 'failed')),
  constraint webhook_deliveries_attempts check (attempts between 0 and max_attempts and max_attempts >= 1),
  constraint webhook_deliveries_delivered check (status <> 'delivered' or delivered_at is not null),
  constraint webhook_deliveries_response_length check (char_length(response_body) <= 10240)
);
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, created_at desc, id desc);
create index webhook_deliveries_job on webhook_deliveries (job_id) where job_id is not null;
create index webhook_deliveries_retry on webhook_deliveries (status, next_retry_at) where status = 'retrying';
create index webhook_deliveries_attempting on webhook_deliveries (attempt_until) where status = 'attempting';
create index webhook_deliveries_created on webhook_deliveries (created_at);

-- Wakes a sender for a delivery, now or at its time.
create function enqueue_delivery(delivery uuid, run_at timestamptz default now()) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => 'webhook.deliver',
    payload => pg_catalog.json_build_object('delivery_id', delivery),
    run_at => enqueue_delivery.run_at,
    max_attempts => 1,
    job_key => 'delivery:' || delivery::text
  );
end $$;

-- ---------------------------------------------------------------- audit trail
create table audit_entries (
  id uuid primary key,
  -- Names without foreign keys: the trail outlives what it tells of.
  team_id uuid,
  actor_id uuid,
  -- Who acted when it was no person: cli, system.
  actor_kind text not null default 'user',
  action text not null,
  subject_type text not null,
  subject_id text,
  details jsonb not null default '{}',
  created_at timestamptz(3) not null default now(),
  constraint audit_entries_actor_known check (actor_kind in ('user', 'operator', 'system')),
  constraint audit_entries_action_form check (action ~ '^[a-z_]+\.[a-z_]+$'),
  constraint audit_entries_details_object check (jsonb_typeof(details) = 'object')
);
create index audit_entries_team on audit_entries (team_id, created_at desc, id desc);
create index audit_entries_actor on audit_entries (actor_id, created_at desc, id desc);
create trigger audit_entries_append_only before update or delete on audit_entries
  for each row execute function append_only();

-- ---------------------------------------------------------------- people who go
-- History names the stand-in; keys that only that person could repeat are let go, so that they never collide.
alter table jobs alter column triggered_by set default '00000000-0000-0000-0000-000000000000',
  drop constraint jobs_triggered_by_fkey,
  add constraint jobs_triggered_by_fkey foreign key (triggered_by) references users (id) on delete set default;
alter table asset_files alter column uploaded_by set default '00000000-0000-0000-0000-000000000000',
  drop constraint asset_files_uploaded_by_fkey,
  add constraint asset_files_uploaded_by_fkey foreign key (uploaded_by) references users (id) on delete set default;
create function users_before_delete() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if old.id = '00000000-0000-0000-0000-000000000000' then
    raise exception 'the stand-in for deleted users stays' using errcode = 'check_violation', constraint = 'users_tombstone';
  end if;
  update jobs set idempotency_key = null where triggered_by = old.id and idempotency_key is not null;
  return old;
end $$;
create trigger users_before_delete before delete on users for each row execute function users_before_delete();

-- Personal rows of a deleted account, to be purged when their time has come.
create table deleted_accounts (
  owner owner_urn primary key,
  deleted_at timestamptz not null default now()
);

-- A ticket made by a session ends with it.
alter table ws_tickets add column session_id uuid references sessions (id) on delete cascade;

-- ---------------------------------------------------------------- who may see which row
-- The server works as framecast_app, which owns nothing. Every transaction says on whose behalf it runs
-- (core/access/reach.ts); without a word it sees no row. The owner role, used by migrations, workers and admin tasks,
-- is not bound by these policies.
do $$
begin
  create role framecast_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
  if not pg_has_role(current_user, 'framecast_app', 'member') then
    execute format('grant framecast_app to %I', current_user);
  end if;
exception when unique_violation then null;
end $$;
grant usage on schema public to framecast_app;
grant select, insert, update, delete on all tables in schema public to framecast_app;
grant usage, select on all sequences in schema public to framecast_app;
revoke update, delete on credit_entries, audit_entries from framecast_app;
revoke insert, update, delete on system_assets from framecast_app;
revoke all on schema_migration from framecast_app;
alter default privileges in schema public grant select, insert, update, delete on tables to framecast_app;
alter default privileges in schema public grant usage, select on sequences to framecast_app;

create function reach_system() returns boolean language sql stable parallel safe as
  $$ select current_setting('framecast.system', true) = 'on' $$;
create function reach_user() returns uuid language sql stable parallel safe as
  $$ select nullif(current_setting('framecast.user', true), '')::uuid $$;
create function reach_email() returns text language sql stable parallel safe as
  $$ select nullif(current_setting('framecast.email', true), '') $$;
create function reach_owners() returns text[] language sql stable parallel safe as
  $$ select coalesce(nullif(current_setting('framecast.owners', true), ''), '{}')::text[] $$;
create function reach_teams() returns uuid[] language sql stable parallel safe as
  $$ select coalesce(nullif(current_setting('framecast.teams', true), ''), '{}')::uuid[] $$;
-- Teams that the caller may administer, as text: they are compared with parts of URNs.
create function reach_managed() returns text[] language sql stable parallel safe as
  $$ select coalesce(nullif(current_setting('framecast.managed', true), ''), '{}')::text[] $$;
create function reach_watched() returns uuid language sql stable parallel safe as
  $$ select nullif(current_setting('framecast.watched_job', true), '')::uuid $$;

-- Each function stands in a sub-select, so that it is called once a statement and not once a row.
alter table users enable row level security;
create policy users_reach on users to framecast_app using (
  (select reach_system()) or id = (select reach_user())
  or exists (select 1 from memberships m where m.user_id = users.id and m.team_id = any ((select reach_teams())::uuid[]))
);
alter table user_credentials enable row level security;
create policy user_credentials_reach on user_credentials to framecast_app
  using ((select reach_system()) or user_id = (select reach_user()));
alter table sessions enable row level security;
create policy sessions_reach on sessions to framecast_app
  using ((select reach_system()) or user_id = (select reach_user()));
alter table setup_links enable row level security;
create policy setup_links_reach on setup_links to framecast_app using ((select reach_system()));
-- Counters hold nothing about anybody but numbers; they are written before the caller is known.
alter table rate_limits enable row level security;
create policy rate_limits_reach on rate_limits to framecast_app using (true);
alter table login_failures enable row level security;
create policy login_failures_reach on login_failures to framecast_app using ((select reach_system()));
alter table api_keys enable row level security;
create policy api_keys_reach on api_keys to framecast_app
  using ((select reach_system()) or user_id = (select reach_user()));
alter table teams enable row level security;
create policy teams_reach on teams to framecast_app
  using ((select reach_system()) or id = any ((select reach_teams())::uuid[]));
alter table memberships enable row level security;
create policy memberships_reach on memberships to framecast_app using (
  (select reach_system()) or user_id = (select reach_user()) or team_id = any ((select reach_teams())::uuid[])
);
alter table invitations enable row level security;
create policy invitations_reach on invitations to framecast_app using (
  (select reach_system()) or team_id = any ((select reach_teams())::uuid[]) or email = (select reach_email())::citext
);
alter table projects enable row level security;
create policy projects_reach on projects to framecast_app
  using ((select reach_system()) or team_id = any ((select reach_teams())::uuid[]));
alter table jobs enable row level security;
create policy jobs_reach on jobs to framecast_app using (
  (select reach_system()) or owner = any ((select reach_owners())::text[]) or triggered_by = (select reach_user())
  or split_part(owner, ':', 2) = any ((select reach_managed())::text[]) or id = (select reach_watched())
);
alter table job_events enable row level security;
create policy job_events_reach on job_events to framecast_app
  using ((select reach_system()) or exists (select 1 from jobs j where j.id = job_events.job_id));
alter table job_steps enable row level security;
create policy job_steps_reach on job_steps to framecast_app
  using ((select reach_system()) or exists (select 1 from jobs j where j.id = job_steps.job_id));
alter table job_step_edges enable row level security;
create policy job_step_edges_reach on job_step_edges to framecast_app
  using ((select reach_system()) or exists (select 1 from job_steps s where s.id = job_step_edges.step_id));
alter table scene_cache enable row level security;
create policy scene_cache_reach on scene_cache to framecast_app
  using ((select reach_system()) or scope = any ((select reach_owners())::text[]));
alter table credit_entries enable row level security;
create policy credit_entries_reach on credit_entries to framecast_app
  using ((select reach_system()) or source = any ((select reach_owners())::text[]));
alter table usage enable row level security;
create policy usage_reach on usage to framecast_app
  using ((select reach_system()) or owner = any ((select reach_owners())::text[]));
alter table asset_files enable row level security;
create policy asset_files_reach on asset_files to framecast_app
  using ((select reach_system()) or owner = any ((select reach_owners())::text[]));
alter table watch_links enable row level security;
create policy watch_links_reach on watch_links to framecast_app
  using ((select reach_system()) or exists (select 1 from jobs j where j.id = watch_links.job_id));
alter table ws_tickets enable row level security;
create policy ws_tickets_reach on ws_tickets to framecast_app
  using ((select reach_system()) or user_id = (select reach_user()));
-- Which machines are there is no secret to those who may ask for the status.
alter table workers enable row level security;
create policy workers_reach on workers to framecast_app using (true);
alter table system_assets enable row level security;
create policy system_assets_reach on system_assets for select to framecast_app using (true);
alter table webhooks enable row level security;
create policy webhooks_reach on webhooks to framecast_app
  using ((select reach_system()) or team_id = any ((select reach_teams())::uuid[]));
alter table webhook_deliveries enable row level security;
create policy webhook_deliveries_reach on webhook_deliveries to framecast_app
  using ((select reach_system()) or exists (select 1 from webhooks w where w.id = webhook_deliveries.webhook_id));
alter table audit_entries enable row level security;
create policy audit_entries_reach on audit_entries to framecast_app using (
  (select reach_system()) or actor_id = (select reach_user()) or team_id = any ((select reach_teams())::uuid[])
);
alter table deleted_accounts enable row level security;
create policy deleted_accounts_reach on deleted_accounts to framecast_app using ((select reach_system()));

-- ---------------------------------------------------------------- from a credential to a person
-- Before anybody is known there is no scope to see rows in: these look for the server, one row a call.
create function user_principal(person uuid) returns jsonb
language sql stable security definer set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'id', u.id, 'email', u.email, 'tier', u.tier, 'is_operator', u.is_operator,
    'memberships', coalesce((
      select jsonb_agg(jsonb_build_object('team_id', m.team_id, 'role', m.role) order by m.created_at, m.id)
      from memberships m where m.user_id = u.id), '[]'))
  from users u where u.id = person and u.id <> '00000000-0000-0000-0000-000000000000'
$$;

create function find_api_keys(hash_prefix text) returns table (
  id uuid, owner text, key_hash text, scopes jsonb, is_stale boolean, principal jsonb
) language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.owner::text, k.key_hash, k.scopes,
    k.last_used_at is null or k.last_used_at < now() - interval '1 minute', user_principal(k.user_id)
  from api_keys k
  where k.key_hash_prefix = hash_prefix and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
$$;

create function find_api_key(key_id uuid) returns table (
  id uuid, owner text, key_hash text, scopes jsonb, is_stale boolean, principal jsonb
) language sql stable security definer set search_path = public, pg_temp as $$
  select k.id, k.owner::text, k.key_hash, k.scopes, false, user_principal(k.user_id)
  from api_keys k
  where k.id = key_id and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
$$;

create function touch_api_key(key_id uuid) returns void
language sql security definer set search_path = public, pg_temp as $$
  update api_keys set last_used_at = now()
  where id = key_id and (last_used_at is null or last_used_at < now() - interval '1 minute')
$$;

create function find_session(session_id uuid) returns table (expires_at timestamptz, is_stale boolean, principal jsonb)
language sql stable security definer set search_path = public, pg_temp as $$
  select s.expires_at, s.last_seen_at is null or s.last_seen_at < now() - interval '1 minute', user_principal(s.user_id)
  from sessions s where s.id = session_id and s.revoked_at is null and s.expires_at > now()
$$;

create function touch_session(session_id uuid) returns void
language sql security definer set search_path = public, pg_temp as $$
  update sessions set last_seen_at = now()
  where id = session_id and (last_seen_at is null or last_seen_at < now() - interval '1 minute')
$$;

-- Counts one request in a fixed window of so many seconds; the count, and when the window ends.
create function take_rate(name text, window_s integer, cost integer default 1) returns table (used integer, ends_at timestamptz)
language sql volatile as $$
  insert into rate_limits as r (bucket, window_start, count)
  values (name, to_timestamp(floor(extract(epoch from now()) / window_s) * window_s), cost)
  on conflict (bucket, window_start) do update set count = r.count + cost
  returning r.count, r.window_start + make_interval(secs => window_s)
$$;
