-- Shape of a system sound, for a small picture of it; null until it is seeded again.
alter table system_assets add column peaks jsonb;
