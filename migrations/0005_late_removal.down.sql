drop index asset_files_failed;
drop function enqueue_object_removal(text, timestamptz);
create function enqueue_object_removal(prefix text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => 'objects.remove',
    payload => pg_catalog.json_build_object('prefix', prefix),
    max_attempts => 25,
    job_key => 'objects:' || prefix
  );
end $$;
