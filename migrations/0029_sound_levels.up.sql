-- How loud a source of sound is, measured once. By what its bytes are, so that a file that was uploaded twice is measured
-- once; a row that is gone is measured again.
create table sound_levels (
  source text primary key,
  samples bigint not null,
  lufs double precision not null,
  loudest_lufs double precision not null,
  true_peak_db double precision not null,
  measured_at timestamptz not null default now(),
  constraint sound_levels_samples_positive check (samples > 0)
);
create index sound_levels_measured_at on sound_levels (measured_at);

-- Only workers have to do with it.
alter table sound_levels enable row level security;
revoke all on sound_levels from framecast_app;
