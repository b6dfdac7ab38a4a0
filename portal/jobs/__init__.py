"""Work done outside of requests: the queue's tasks, their retries and the schedule. Rules live in the services."""
