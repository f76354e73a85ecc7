drop table event_expiry;
drop function event_horizon();
drop trigger job_events_place on job_events;
drop function job_events_place();
drop sequence job_event_positions;
alter table job_events alter column position add generated always as identity;
select setval(pg_get_serial_sequence('job_events', 'position'), coalesce((select max(position) from job_events), 0) + 1, false);
