-- Work that was handed to an engine which gives out the ids itself. The row is there before the request leaves, so that
-- an answer which is lost on the way leaves a trace, and a report of the engine finds its scene.
create table engine_submissions (
  step_id uuid not null references job_steps (id) on delete cascade,
  -- Claim of the step in which it was handed over.
  attempt integer not null check (attempt > 0),
  engine text not null,
  -- By the answer to the request or by the engine's report, whichever comes first.
  remote_id text check (length(remote_id) between 1 and 200),
  submitted_at timestamptz not null default now(),
  -- When the engine reported by itself that it is over.
  reported_at timestamptz,
  -- Its answer or its result was lost: what is sent after it may be charged for twice.
  is_doubtful boolean not null default false,
  primary key (step_id, attempt),
  constraint engine_submissions_report check (reported_at is null or remote_id is not null)
);

-- Reports come without a user: only the server's own eyes see these rows.
alter table engine_submissions enable row level security;
create policy engine_submissions_reach on engine_submissions to framecast_app using ((select reach_system()));
revoke insert, delete on engine_submissions from framecast_app;
grant select, update on engine_submissions to framecast_app;
