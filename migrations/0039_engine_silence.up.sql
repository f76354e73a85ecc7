-- Since when a server has not answered: people ask how long it has been away, and looks only say when the last one was.
alter table engine_hosts add column silent_since timestamptz;
