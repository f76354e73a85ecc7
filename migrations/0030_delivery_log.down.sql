alter table webhook_deliveries drop column request_headers, drop column response_ms;
