-- Deliveries that wait for their turn: looked for at the end of each attempt, and by the sweeper.
create index webhook_deliveries_waiting on webhook_deliveries (webhook_id, created_at)
  where status in ('pending', 'retrying');
