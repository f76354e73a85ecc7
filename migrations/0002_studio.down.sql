-- Back to people, keys and jobs alone. What later tables hold is lost.
do $$
declare
  policy record;
begin
  for policy in select policyname, tablename from pg_policies where schemaname = 'public' and 'framecast_app' = any (roles) loop
    execute format('drop policy %I on public.%I', policy.policyname, policy.tablename);
    execute format('alter table public.%I disable row level security', policy.tablename);
  end loop;
end $$;
alter default privileges in schema public revoke select, insert, update, delete on tables from framecast_app;
alter default privileges in schema public revoke usage, select on sequences from framecast_app;
revoke all on all tables in schema public from framecast_app;
revoke all on all sequences in schema public from framecast_app;
-- The role belongs to the whole server and may serve other databases: it stays.
revoke usage on schema public from framecast_app;

drop function take_rate(text, integer, integer);
drop function touch_session(uuid);
drop function find_session(uuid);
drop function touch_api_key(uuid);
drop function find_api_key(uuid);
drop function find_api_keys(text);
drop function user_principal(uuid);
drop function reach_watched();
drop function reach_managed();
drop function reach_teams();
drop function reach_owners();
drop function reach_email();
drop function reach_user();
drop function reach_system();

alter table ws_tickets drop column session_id;
drop table deleted_accounts;
drop trigger users_before_delete on users;
drop function users_before_delete();
alter table asset_files drop constraint asset_files_uploaded_by_fkey, alter column uploaded_by drop default,
  add constraint asset_files_uploaded_by_fkey foreign key (uploaded_by) references users (id);
alter table jobs drop constraint jobs_triggered_by_fkey, alter column triggered_by drop default,
  add constraint jobs_triggered_by_fkey foreign key (triggered_by) references users (id);
drop table audit_entries;
drop function enqueue_delivery(uuid, timestamptz);
drop table webhook_deliveries;
drop table webhooks;
drop function webhooks_guard();
drop type webhook_event_type;
drop table system_assets;
drop trigger asset_files_project_owner on asset_files;
drop function asset_files_project_owner();
drop index asset_files_project, asset_files_owner_created, asset_files_pending;
alter table asset_files drop constraint asset_files_project,
  alter column created_at type timestamptz, alter column updated_at type timestamptz;
create or replace function jobs_concurrency() returns trigger language plpgsql security invoker as $$
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
drop trigger jobs_project_present on jobs;
drop trigger jobs_project_guard on jobs;
drop function jobs_project_guard();
drop index jobs_project_created;
alter table jobs drop constraint jobs_project;
drop table projects;
drop function projects_job_present();
drop function projects_guard();
create or replace function api_keys_owner_allowed() returns trigger language plpgsql security invoker as $$
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
drop table invitations;
drop function invitations_guard();
drop table memberships;
drop function memberships_guard();
drop table teams;
drop function teams_owner_present();
drop function teams_slug_fixed();
drop table login_failures;
drop table rate_limits;
drop table setup_links;
drop table sessions;
drop table user_credentials;
alter table users drop constraint users_avatar_url_form;
drop trigger users_tier_guard on users;
drop function users_tier_guard();
