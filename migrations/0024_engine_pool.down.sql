drop function ring_engine(text);
drop function resume_engine_host(text);
drop function drain_engine_host(text);
drop function enqueue_look(text, text, boolean);
drop index job_steps_scenes_started;
drop index job_steps_places;
alter table job_steps drop column host, drop column failed_hosts, drop column vram_above;
drop index engine_hosts_slug;
alter table engine_hosts
  drop column slug, drop column places, drop column seen_at, drop column probed_at, drop column probe_failures,
  drop column latency_ms, drop column queue_running, drop column queue_pending, drop column vram_free_bytes,
  drop column last_error, drop column drained_at, drop column blocked_at, drop column blocked_reason, drop column blames,
  drop column breaker, drop column loaded, drop column swaps, drop column catalogue, drop column catalogue_hash,
  drop column catalogue_at;
