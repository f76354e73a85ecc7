-- What a trigger refuses is a conflict with other rows or with what a row was: it says unique_violation, which callers see
-- as 409. check_violation, 400, is for values that are wrong whatever else is there.
create or replace function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'unique_violation', constraint = tg_table_name || '_append_only';
end $$;

create or replace function users_tier_guard() returns trigger language plpgsql as $$
begin
  if old.tier = 'creator' and new.tier <> 'creator' then
    raise exception 'a creator stays a creator' using errcode = 'unique_violation', constraint = 'users_tier_absorbing';
  end if;
  return new;
end $$;

create or replace function users_before_delete() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if old.id = '00000000-0000-0000-0000-000000000000' then
    raise exception 'the stand-in for deleted users stays' using errcode = 'unique_violation', constraint = 'users_tombstone';
  end if;
  update jobs set idempotency_key = null where triggered_by = old.id and idempotency_key is not null;
  return old;
end $$;

create or replace function teams_slug_fixed() returns trigger language plpgsql as $$
begin
  raise exception 'the slug of a team never changes' using errcode = 'unique_violation', constraint = 'teams_slug_fixed';
end $$;

-- ---------------------------------------------------------------- memberships
-- The limits of a person hold for a membership that is made over to that person, too.
create or replace function memberships_guard() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  user_tier text;
  comes boolean := tg_op = 'INSERT' or new.user_id is distinct from old.user_id;
begin
  select tier into user_tier from users where id = new.user_id for no key update;
  if user_tier is distinct from 'creator' and user_tier is not null then
    raise exception 'members are creators' using errcode = 'unique_violation', constraint = 'memberships_creator';
  end if;
  if comes and (select count(*) from memberships where user_id = new.user_id) >= 50 then
    raise exception 'a person belongs to at most 50 teams' using errcode = 'unique_violation', constraint = 'memberships_limit';
  end if;
  if new.role = 'owner' and (comes or old.role <> 'owner')
    and (select count(*) from memberships where user_id = new.user_id and role = 'owner') >= 10 then
    raise exception 'a person owns at most 10 teams' using errcode = 'unique_violation', constraint = 'memberships_owned_limit';
  end if;
  return new;
end $$;

-- ---------------------------------------------------------------- invitations
-- An invitation that is opened again, or sent to another address, is held to what a new one is held to.
create or replace function invitations_guard() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  waits boolean := new.accepted_at is null and new.declined_at is null and new.revoked_at is null and new.expires_at > now();
  comes boolean := tg_op = 'INSERT' or new.team_id is distinct from old.team_id or old.accepted_at is not null
    or old.declined_at is not null or old.revoked_at is not null or old.expires_at <= now();
begin
  -- Whoever invited may have become the stand-in for deleted users: that changes nothing.
  if tg_op = 'UPDATE' and not (comes and waits) and new.email is not distinct from old.email
    and new.invited_by in (old.invited_by, '00000000-0000-0000-0000-000000000000') then
    return new;
  end if;
  perform 1 from teams where id = new.team_id for no key update;
  if exists (select 1 from users where id = new.invited_by and email = new.email) then
    raise exception 'nobody invites the own address' using errcode = 'unique_violation', constraint = 'invitations_not_self';
  end if;
  if waits and exists (
    select 1 from memberships m join users u on u.id = m.user_id where m.team_id = new.team_id and u.email = new.email
  ) then
    raise exception 'this person is a member already' using errcode = 'unique_violation', constraint = 'invitations_not_member';
  end if;
  if waits and comes and (select count(*) from invitations where team_id = new.team_id and accepted_at is null
        and declined_at is null and revoked_at is null and expires_at > now()) >= 50 then
    raise exception 'at most 50 invitations of a team may wait' using errcode = 'unique_violation', constraint = 'invitations_pending_limit';
  end if;
  return new;
end $$;
create or replace trigger invitations_guard
  before insert or update of team_id, invited_by, email, expires_at, accepted_at, declined_at, revoked_at on invitations
  for each row execute function invitations_guard();

-- Somebody takes an address to which an invitation waits that was sent by that person, or comes from one of the own teams:
-- there is nobody left to answer it.
create function users_email_invitations() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  with ended as (
    update invitations i set revoked_at = now()
    where i.email = new.email and i.accepted_at is null and i.declined_at is null and i.revoked_at is null
      and (i.invited_by = new.id or exists (select 1 from memberships m where m.team_id = i.team_id and m.user_id = new.id))
    returning id, team_id, email, role
  )
  insert into audit_entries (id, team_id, actor_kind, action, subject_type, subject_id, details)
  select gen_random_uuid(), team_id, 'system', 'invitation.revoked', 'invitation', id,
    jsonb_build_object('email', email, 'role', role) from ended;
  return null;
end $$;
create trigger users_email_invitations after update of email on users
  for each row when (new.email is distinct from old.email) execute function users_email_invitations();

-- ---------------------------------------------------------------- API keys
-- A key that is opened again needs its membership as a new one does. The lock on the person's row lets a key that is made
-- and a membership that ends follow each other.
create or replace function api_keys_owner_allowed() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  user_tier text;
  first text := split_part(new.owner, ':', 2);
  team text;
begin
  if first = 'user' then
    if split_part(new.owner, ':', 3) <> new.user_id::text then
      raise exception 'a personal key is owned by its own user' using errcode = 'unique_violation', constraint = 'api_keys_personal_owner';
    end if;
    return new;
  end if;
  if tg_op = 'UPDATE' and new.revoked_at is not null and new.owner = old.owner and new.user_id = old.user_id then
    return new;
  end if;
  select tier into user_tier from users where id = new.user_id for no key update;
  if user_tier <> 'creator' then
    raise exception 'team and membership keys need a creator' using errcode = 'unique_violation', constraint = 'api_keys_creator';
  end if;
  team := case when first = 'team' then split_part(new.owner, ':', 3) else first end;
  if first <> 'team' and split_part(new.owner, ':', 3) <> new.user_id::text then
    raise exception 'a membership key is owned by its own user' using errcode = 'unique_violation', constraint = 'api_keys_membership_owner';
  end if;
  if not exists (select 1 from memberships where team_id = team::uuid and user_id = new.user_id) then
    raise exception 'a key of a team needs a membership in it' using errcode = 'unique_violation', constraint = 'api_keys_membership';
  end if;
  return new;
end $$;
create or replace trigger api_keys_owner_allowed before insert or update of owner, user_id, revoked_at on api_keys
  for each row execute function api_keys_owner_allowed();

-- The keys that belong to a membership end with it, looked at when the transaction commits.
create function memberships_keys_ended() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform 1 from users where id = old.user_id for no key update;
  if exists (
    select 1 from api_keys where user_id = old.user_id and revoked_at is null
      and owner in ('framecast:team:' || old.team_id, 'framecast:' || old.team_id || ':' || old.user_id)
  ) and not exists (select 1 from memberships where team_id = old.team_id and user_id = old.user_id) then
    raise exception 'keys of a membership end with it' using errcode = 'unique_violation', constraint = 'memberships_keys_ended';
  end if;
  return null;
end $$;
create constraint trigger memberships_keys_ended after delete or update of team_id, user_id on memberships
  deferrable initially deferred for each row execute function memberships_keys_ended();

-- ---------------------------------------------------------------- jobs and projects
-- Whoever started a job stays named, but for the stand-in for deleted users.
create or replace function jobs_guard() returns trigger language plpgsql as $$
begin
  if new.spec_snapshot is distinct from old.spec_snapshot then
    raise exception 'the snapshot of a job never changes' using errcode = 'unique_violation', constraint = 'jobs_snapshot_fixed';
  end if;
  if new.status <> old.status and not (
    (old.status = 'queued' and new.status in ('processing', 'canceled'))
    or (old.status = 'processing' and new.status in ('completed', 'failed', 'canceled'))
  ) then
    raise exception 'a % job cannot become %', old.status, new.status using errcode = 'unique_violation', constraint = 'jobs_transition';
  end if;
  if old.status in ('completed', 'failed', 'canceled') and (
    new.output is distinct from old.output or new.error is distinct from old.error
    or new.credits_refunded <> old.credits_refunded or new.progress is distinct from old.progress
  ) then
    raise exception 'a finished job does not change' using errcode = 'unique_violation', constraint = 'jobs_finished';
  end if;
  if new.credits_charged <> old.credits_charged or new.owner <> old.owner
    or new.triggered_by not in (old.triggered_by, '00000000-0000-0000-0000-000000000000') then
    raise exception 'owner, charge and starter of a job are fixed' using errcode = 'unique_violation', constraint = 'jobs_fixed_columns';
  end if;
  return new;
end $$;

create or replace function jobs_project_guard() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  -- An owner that is no team is wrong whatever the project: the constraint jobs_project_owner says so.
  if split_part(new.owner, ':', 2) = 'team'
    and not exists (select 1 from projects where id = new.project_id and 'framecast:team:' || team_id = new.owner) then
    raise exception 'a job of a project is owned by its team' using errcode = 'unique_violation', constraint = 'jobs_project_team';
  end if;
  return new;
end $$;
create or replace trigger jobs_project_guard before insert or update of project_id on jobs
  for each row when (new.project_id is not null) execute function jobs_project_guard();

create or replace function projects_guard() returns trigger language plpgsql as $$
begin
  if new.status <> old.status and not (
    (old.status in ('draft', 'completed') and new.status in ('rendering', 'archived'))
    or (old.status = 'rendering' and new.status in ('completed', 'draft'))
    or (old.status = 'archived' and new.status = 'draft')
  ) then
    raise exception 'a % project cannot become %', old.status, new.status using errcode = 'unique_violation', constraint = 'projects_transition';
  end if;
  if new.spec is distinct from old.spec then
    if old.status = 'archived' then
      raise exception 'an archived project keeps its storyboard' using errcode = 'unique_violation', constraint = 'projects_archived_spec';
    end if;
    new.spec_revision := old.spec_revision + 1;
  else
    new.spec_revision := old.spec_revision;
  end if;
  return new;
end $$;

-- The lock on the project lets one that begins to render and a job that ends follow each other: the later one sees what
-- the earlier one did.
create or replace function projects_job_present() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  project uuid;
begin
  if tg_table_name = 'projects' then
    project := new.id;
  elsif tg_op = 'UPDATE' and new.project_id = old.project_id and new.status in ('queued', 'processing') then
    return null;
  else
    project := old.project_id;
  end if;
  perform 1 from projects where id = project for no key update;
  if exists (select 1 from projects where id = project and status = 'rendering')
    and not exists (select 1 from jobs where project_id = project and status in ('queued', 'processing')) then
    raise exception 'a rendering project has an active job' using errcode = 'unique_violation', constraint = 'projects_job_present';
  end if;
  return null;
end $$;

-- ---------------------------------------------------------------- assets
create or replace function asset_files_project_owner() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from projects where id = new.project_id and 'framecast:team:' || team_id = new.owner) then
    raise exception 'a file of a project is owned by its team' using errcode = 'unique_violation', constraint = 'asset_files_project_owner';
  end if;
  return new;
end $$;

-- The id of a sound names its category.
alter table system_assets add constraint system_assets_id_category check (id like 'asset\_' || category || '\_%');
