-- Objects may also be removed at a later time: an address for an upload is good for a while after its asset is gone.
drop function enqueue_object_removal(text);
create function enqueue_object_removal(prefix text, run_at timestamptz default now()) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => 'objects.remove',
    payload => pg_catalog.json_build_object('prefix', prefix),
    run_at => enqueue_object_removal.run_at,
    max_attempts => 25,
    job_key => 'objects:' || prefix || case when enqueue_object_removal.run_at > now() then ':late' else '' end
  );
end $$;
create index asset_files_failed on asset_files (updated_at) where status = 'failed';
