alter table engine_hosts drop column recent_failures;
