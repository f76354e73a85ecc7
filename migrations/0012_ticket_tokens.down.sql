alter table ws_tickets drop column token_expires_at;
