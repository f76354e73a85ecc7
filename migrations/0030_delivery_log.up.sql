-- What a delivery's last attempt was sent with, and how long its answer took: whoever mends a receiver looks at these.
alter table webhook_deliveries
  add column request_headers jsonb,
  add column response_ms integer,
  add constraint webhook_deliveries_response_ms check (response_ms >= 0),
  add constraint webhook_deliveries_headers_object check (jsonb_typeof(request_headers) = 'object');
