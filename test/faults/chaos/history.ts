/** Notes every change of a job's or step's standing, as it is committed, beside the database's own tables. */
import type pg from 'pg'

/**
 * Triggers of the harness, in a schema of its own. Renewed leases and progress are left out; what the promises speak of
 * is kept, with the time of the statement.
 */
export async function keepHistory(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create schema chaos;
    create table chaos.history (
      n bigserial primary key, at timestamptz not null default clock_timestamp(),
      what text not null, id uuid not null, job uuid not null, was jsonb, became jsonb not null);
    create index on chaos.history (job);
    create function chaos.standing(kind text, whole jsonb) returns jsonb language sql immutable as $$
      select case kind
        when 'jobs' then jsonb_build_object('status', whole -> 'status', 'output', md5(whole ->> 'output'),
          'error', whole -> 'error', 'failure_type', whole -> 'failure_type', 'completed_at', whole -> 'completed_at',
          'charged', whole -> 'credits_charged', 'refunded', whole -> 'credits_refunded')
        else jsonb_build_object('state', whole -> 'state', 'attempt', whole -> 'attempt', 'failures', whole -> 'failures',
          'owner', whole -> 'lease_owner', 'result', md5(whole ->> 'result'), 'remote', whole -> 'remote_id',
          'kind', whole -> 'kind', 'key', whole -> 'key') end
    $$;
    create function chaos.note() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
    declare
      was jsonb := case tg_op when 'UPDATE' then chaos.standing(tg_table_name, to_jsonb(old)) end;
      became jsonb := chaos.standing(tg_table_name, to_jsonb(new));
    begin
      if was is distinct from became then
        insert into chaos.history (what, id, job, was, became)
        values (tg_table_name, new.id, coalesce((to_jsonb(new) ->> 'job_id')::uuid, new.id), was, became);
      end if;
      return null;
    end $$;
    create trigger chaos_note after insert or update on jobs for each row execute function chaos.note();
    create trigger chaos_note after insert or update on job_steps for each row execute function chaos.note();`)
}
