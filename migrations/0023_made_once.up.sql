-- Whose balance an owner draws on, and with whom it shares what was made: the person, or the team.
create function credit_source(owner text) returns text language sql immutable parallel safe as
  $$ select case when split_part(owner, ':', 2) in ('user', 'team') then owner
       else 'framecast:team:' || split_part(owner, ':', 2) end $$;
create index jobs_credit_source on jobs (credit_source(owner));

-- ---------------------------------------------------------------- made once
-- A step that would make what another one is making waits behind it, in state `waiting`, without a worker.
alter table job_steps add column parked_behind uuid;
-- Objects that a running step is about to store: eviction leaves them alone.
alter table job_steps add column making text[] not null default '{}';
create index job_steps_parked on job_steps (parked_behind) where parked_behind is not null;
create index job_steps_running_key on job_steps (content_key) where state = 'running';

-- Parks a ready step behind a running one that makes the same for the same person or team. The advisory lock lets one
-- step of a key be claimed at a time; the lock on the other step's row keeps its end from passing unseen.
create function park_step(step uuid) returns boolean language plpgsql as $$
declare
  mine record;
  other uuid;
begin
  select s.content_key, credit_source(j.owner) as scope, s.input ->> 'cache' as policy into mine
    from job_steps s join jobs j on j.id = s.job_id
    where s.id = step and s.state = 'ready' and s.content_key is not null;
  -- Who renders again on purpose does not wait for somebody else's result.
  if not found or mine.policy in ('refresh', 'bypass') then
    return false;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('make:' || mine.scope || mine.content_key, 0));
  select h.id into other from job_steps h join jobs j on j.id = h.job_id
    where h.content_key = mine.content_key and h.state = 'running' and h.id <> step
      and credit_source(j.owner) = mine.scope and coalesce(h.input ->> 'cache', 'use') <> 'bypass'
    order by h.id limit 1 for share of h;
  if not found then
    return false;
  end if;
  update job_steps set state = 'waiting', parked_behind = other, ready_at = null where id = step and state = 'ready';
  return found;
end $$;

-- However a step stops running (done, failed, canceled, handed back, lost), those behind it may go on: the first finds
-- the result, or makes it. A row that is locked just now is left to the sweeper, so that nobody waits here.
create function wake_parked_steps() returns trigger language plpgsql as $$
declare
  woken uuid;
begin
  for woken in
    update job_steps set state = 'ready', parked_behind = null, ready_at = now()
    where id in (select id from job_steps where parked_behind = old.id and state = 'waiting' for update skip locked)
    returning id
  loop
    perform enqueue_step(woken);
  end loop;
  return null;
end $$;
create trigger job_steps_wake after update of state on job_steps for each row
  when (old.state = 'running' and new.state <> 'running') execute function wake_parked_steps();
create trigger job_steps_wake_deleted after delete on job_steps for each row
  when (old.state = 'running') execute function wake_parked_steps();

-- ---------------------------------------------------------------- eviction
-- Objects of evicted entries, looked at once more by a queue task before they go.
create function enqueue_cache_removal(of_scope text, object_keys text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => 'cache.remove',
    payload => pg_catalog.json_build_object('scope', of_scope, 'object_keys', object_keys),
    max_attempts => 25
  );
end $$;

-- ---------------------------------------------------------------- estimates that learn
-- Seconds of generating a megapixel, by engine, workflow and size: sums of logarithms, older samples fading.
create table generation_times (
  engine text not null,
  workflow text not null,
  size_bucket integer not null,
  samples integer not null default 0,
  weight double precision not null default 0,
  log_sum double precision not null default 0,
  log_square_sum double precision not null default 0,
  updated_at timestamptz not null default now(),
  primary key (engine, workflow, size_bucket),
  constraint generation_times_counts check (samples > 0 and weight > 0)
);
-- How long work takes here is no secret to those who plan some; only workers write.
alter table generation_times enable row level security;
create policy generation_times_reach on generation_times for select to framecast_app using (true);
revoke insert, update, delete on generation_times from framecast_app;
