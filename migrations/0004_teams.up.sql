-- Mail, the end of a team, and what keeps work from outliving it.

-- Mail is sent by a worker, after the commit: no request waits for a mail server. The row is read again when it is sent.
create function enqueue_invitation_mail(invitation uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => 'mail.invitation',
    payload => pg_catalog.json_build_object('invitation_id', invitation),
    max_attempts => 8,
    job_key => 'invitation:' || invitation::text
  );
end $$;

-- What a deleted team leaves behind is removed at once, and once more when uploads that were under way have ended.
create function enqueue_team_purge(team uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(
    identifier => 'team.purge',
    payload => pg_catalog.json_build_object('team_id', team),
    run_at => moment.run_at,
    max_attempts => 25,
    job_key => 'team-purge:' || team::text || moment.key
  ) from (values ('', pg_catalog.now()), (':again', pg_catalog.now() + interval '1 hour')) as moment (key, run_at);
end $$;

-- A team's jobs and files name it by URN, which no foreign key can follow. This does what one would: it holds the team
-- while a row is added, so that none comes to a team that is being deleted.
create function owner_team_present() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  first text := split_part(new.owner, ':', 2);
begin
  if first = 'user' then return new; end if;
  perform 1 from teams where id = (case when first = 'team' then split_part(new.owner, ':', 3) else first end)::uuid
    for key share;
  if not found then
    raise exception 'there is no such team' using errcode = 'foreign_key_violation', constraint = tg_table_name || '_owner_team';
  end if;
  return new;
end $$;
create trigger jobs_owner_team before insert on jobs for each row execute function owner_team_present();
create trigger asset_files_owner_team before insert on asset_files for each row execute function owner_team_present();

-- What was left of a balance when its person or team went: with it, balances stay the sum of their entries.
alter table credit_entries
  drop constraint credit_entries_kind_known,
  drop constraint credit_entries_job,
  add constraint credit_entries_kind_known check (kind in ('grant', 'debit', 'refund', 'forfeit')),
  add constraint credit_entries_job check ((kind in ('grant', 'forfeit')) = (job_id is null));
