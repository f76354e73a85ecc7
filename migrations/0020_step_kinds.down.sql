delete from job_steps where kind in ('join', 'sound');
alter table job_steps drop constraint job_steps_kind_known;
alter table job_steps add constraint job_steps_kind_known check (kind in ('plan', 'scene', 'voice', 'assemble'));
