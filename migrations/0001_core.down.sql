drop table workers, ws_tickets, watch_links, asset_files, usage, credit_entries, scene_cache,
  job_step_edges, job_steps, job_events, jobs, api_keys, users;
drop function enqueue_object_removal(text);
drop function enqueue_interrupt(uuid, text, text);
drop function enqueue_step(uuid, interval);
drop function job_events_notify();
drop function jobs_concurrency();
drop function jobs_guard();
drop function api_keys_owner_allowed();
drop function append_only();
drop function set_updated_at();
drop domain owner_urn;
