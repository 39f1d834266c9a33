-- Requests that were cancelled before they were planned name people in their bodies alone: erasing looks through them.
create index request_cancelled on request (due_at) where state = 'cancelled';
