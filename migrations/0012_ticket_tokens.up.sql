-- A ticket made by a token of another issuer opens streams that end with the token.
alter table ws_tickets add column token_expires_at timestamptz;
