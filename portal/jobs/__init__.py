"""Background jobs: the queue's tasks, retries, the schedule and the worker process."""
