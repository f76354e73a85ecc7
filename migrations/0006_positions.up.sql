-- Positions that readers can go by. An identity value is taken before its transaction commits, so a reader who has seen 11
-- could miss 10, which commits later. Writers now leave a mark of where positions stood before they took theirs: a shared
-- lock that blocks nobody and goes with their transaction. Below the lowest mark nothing can come any more.

-- Locks job_events for as long as it takes to read its highest position.
alter table job_events alter column position drop identity;
create sequence job_event_positions as bigint owned by job_events.position;
select setval('job_event_positions', coalesce((select max(position) from job_events), 0) + 1, false);

create function job_events_place() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  before bigint;
begin
  -- One mark a transaction: its first event has the lowest position.
  if coalesce(current_setting('framecast.placing', true), '') <> 'on' then
    select case when is_called then last_value else last_value - 1 end into before from job_event_positions;
    -- The upper 16 bits say what the lock is about; no other shared advisory lock begins with them.
    perform pg_advisory_xact_lock_shared((17987::bigint << 48) | before);
    perform set_config('framecast.placing', 'on', true);
  end if;
  new.position := nextval('job_event_positions');
  return new;
end $$;
create trigger job_events_place before insert on job_events for each row execute function job_events_place();

-- The position up to which every event that will ever be there is committed. What is read up to it has to be read by a
-- later statement. First the newest, then the marks: whoever took a position below the newest had left a mark by then.
create function event_horizon() returns bigint
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  newest bigint;
  lowest bigint;
begin
  select max(position) into newest from job_events;
  select min(((classid::bigint & 65535) << 32) | objid::bigint) into lowest from pg_locks
  where locktype = 'advisory' and mode = 'ShareLock' and granted and objsubid = 1 and classid::bigint >> 16 = 17987
    and database = (select oid from pg_database where datname = current_database());
  return least(coalesce(newest, 0), lowest);
end $$;

-- The highest position among events that were deleted for their age: what is to be replayed from below it has a hole.
create table event_expiry (
  only_row boolean primary key default true,
  position bigint not null default 0,
  constraint event_expiry_one_row check (only_row)
);
insert into event_expiry default values;
alter table event_expiry enable row level security;
create policy event_expiry_reach on event_expiry to framecast_app using ((select reach_system()));
