alter table engine_hosts drop column silent_since;
