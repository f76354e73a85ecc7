-- Back to triggers that say check_violation, and to what they looked at.
alter table system_assets drop constraint system_assets_id_category;
drop trigger memberships_keys_ended on memberships;
drop function memberships_keys_ended();
drop trigger users_email_invitations on users;
drop function users_email_invitations();
create or replace trigger invitations_guard before insert on invitations for each row execute function invitations_guard();
create or replace trigger api_keys_owner_allowed before insert or update of owner, user_id on api_keys
  for each row execute function api_keys_owner_allowed();
create or replace trigger jobs_project_guard before insert on jobs
  for each row when (new.project_id is not null) execute function jobs_project_guard();
create or replace function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'check_violation', constraint = tg_table_name || '_append_only';
end $$;
create or replace function jobs_guard() returns trigger language plpgsql as $$
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
create or replace function users_tier_guard() returns trigger language plpgsql as $$
begin
  if old.tier = 'creator' and new.tier <> 'creator' then
    raise exception 'a creator stays a creator' using errcode = 'check_violation', constraint = 'users_tier_absorbing';
  end if;
  return new;
end $$;
create or replace function users_before_delete() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if old.id = '00000000-0000-0000-0000-000000000000' then
    raise exception 'the stand-in for deleted users stays' using errcode = 'check_violation', constraint = 'users_tombstone';
  end if;
  update jobs set idempotency_key = null where triggered_by = old.id and idempotency_key is not null;
  return old;
end $$;
create or replace function teams_slug_fixed() returns trigger language plpgsql as $$
begin
  raise exception 'the slug of a team never changes' using errcode = 'check_violation', constraint = 'teams_slug_fixed';
end $$;
create or replace function memberships_guard() returns trigger
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
create or replace function invitations_guard() returns trigger
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
create or replace function projects_guard() returns trigger language plpgsql as $$
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
create or replace function jobs_project_guard() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from projects where id = new.project_id and 'framecast:team:' || team_id = new.owner) then
    raise exception 'a job of a project is owned by its team' using errcode = 'check_violation', constraint = 'jobs_project_team';
  end if;
  return new;
end $$;
create or replace function projects_job_present() returns trigger
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
create or replace function asset_files_project_owner() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from projects where id = new.project_id and 'framecast:team:' || team_id = new.owner) then
    raise exception 'a file of a project is owned by its team' using errcode = 'check_violation', constraint = 'asset_files_project_owner';
  end if;
  return new;
end $$;
