-- The joins and the sound of a film are steps of their own, so that they are made while later scenes still generate.
alter table job_steps drop constraint job_steps_kind_known;
alter table job_steps add constraint job_steps_kind_known
  check (kind in ('plan', 'scene', 'voice', 'join', 'sound', 'assemble'));
