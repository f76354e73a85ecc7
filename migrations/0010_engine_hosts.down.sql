drop table engine_hosts;
