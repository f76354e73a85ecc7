drop table engine_submissions;
