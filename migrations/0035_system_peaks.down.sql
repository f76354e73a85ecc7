alter table system_assets drop column peaks;
