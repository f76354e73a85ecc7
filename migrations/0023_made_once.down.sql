drop table generation_times;
drop function enqueue_cache_removal(text, text[]);
drop trigger job_steps_wake_deleted on job_steps;
drop trigger job_steps_wake on job_steps;
drop function wake_parked_steps();
-- What waits behind another step is rung for by the sweeper.
update job_steps set state = 'ready', ready_at = now() where parked_behind is not null and state = 'waiting';
drop index job_steps_running_key;
drop function park_step(uuid);
alter table job_steps drop column parked_behind, drop column making;
drop index jobs_credit_source;
drop function credit_source(text);
