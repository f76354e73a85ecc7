-- Forfeited balances have no place in the entries any more: they are lost.
alter table credit_entries disable trigger credit_entries_append_only;
delete from credit_entries where kind = 'forfeit';
alter table credit_entries enable trigger credit_entries_append_only;
alter table credit_entries
  drop constraint credit_entries_kind_known,
  drop constraint credit_entries_job,
  add constraint credit_entries_kind_known check (kind in ('grant', 'debit', 'refund')),
  add constraint credit_entries_job check ((kind = 'grant') = (job_id is null));
drop trigger asset_files_owner_team on asset_files;
drop trigger jobs_owner_team on jobs;
drop function owner_team_present();
drop function enqueue_team_purge(uuid);
drop function enqueue_invitation_mail(uuid);
