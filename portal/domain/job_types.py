"""The types of background jobs: the name each is stored under, its unique key, priority and queue."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_QUEUE = "default"
# Start jobs have a queue and worker slots of their own, so that thousands of them delay no other job.
START_QUEUE = "line"


@dataclass(frozen=True)
class JobType:
    """One type of job.

    Attributes:
        name: the task it runs. Stored with each job, so renaming it orphans the jobs that wait.
        key: template of its unique key, filled with the job's arguments. While a job with this key waits, another is
            not enqueued. None for no limit.
        priority: jobs with a higher number run first.
        queue: the worker slots it runs in.
        is_exclusive: whether two jobs with the same key never run at the same time.
    """

    name: str
    key: str | None = None
    priority: int = 0
    queue: str = DEFAULT_QUEUE
    is_exclusive: bool = True

    def build_key(self, arguments: dict[str, object]) -> str | None:
        """Return the unique key of a job with these arguments."""
        return None if self.key is None else self.key.format(**arguments)


# The priority is below all others because a worker that searches for other jobs has to skip these.
CREATE_SESSION = JobType(
    "shoots.create_session", key="create:{shoot_id}", priority=-100, queue=START_QUEUE, is_exclusive=False
)
APPLY_DELIVERY = JobType("deliveries.apply", key="apply:{delivery_id}", priority=5)
REFRESH_SHOOT = JobType("shoots.refresh", key="refresh:{shoot_id}")
REFRESH_FAVORITE = JobType("shoots.read_favorite", key="favorite:{shoot_id}")
COPY_PHOTOS = JobType("photos.copy", key="copy:{shoot_id}")
SWEEP = JobType("shoots.sweep", key="sweep")
FETCH_BALANCE = JobType("credits.read", key="credits.read")
REFRESH_BALANCE = JobType("credits.look", key="credits.look")
RESUME_WAITING = JobType("credits.go_on", key="credits.go_on")
ERASE_PERSON = JobType("people.erase", key="erase:{erasure_id}")
DELETE_EXPIRED = JobType("retention.forget", key="retention")
RENDER_KIT = JobType("kits.render", key="kit:{kit_id}")
# The kits of all people after a change of settings: no page waits for them.
RENDER_KIT_AGAIN = JobType("kits.render", key="kit:{kit_id}", priority=-10)
REFRESH_KITS = JobType("kits.refresh", key="kits.refresh", priority=-10)
DELETE_KITS = JobType("kits.delete_superseded", key="kits.cleanup")
BUILD_ARCHIVE = JobType("archives.build", key="archive:{archive_id}")
BUILD_EXPORT = JobType("exports.build", key="export:{export_id}")
CHECK_HEALTH = JobType("health.check", key="health", priority=10)
RESET_SESSION = JobType("shoots.reset", key="reset:{shoot_id}")
READ_ACCOUNT = JobType("account.read", key="account.read")
UPDATE_TEAM = JobType("account.update_team")
COUNT_DELIVERIES = JobType("deliveries.count", key="deliveries.count")
RENDER_OWN_PHOTO = JobType("own_photos.render", key="own_photo:{photo_id}")
READ_ROSTER_IMPORT = JobType("roster.read_import", key="read_import:{import_id}:{version}")
APPLY_ROSTER_IMPORT = JobType("roster.apply_import", key="apply_import:{import_id}:{version}")
START_CAMPAIGN = JobType("campaigns.start", key="start_campaign:{campaign_id}:{version}")
RUN_CAMPAIGNS = JobType("campaigns.run", key="campaigns.run")
SEND_DIGESTS = JobType("campaigns.send_digests", key="campaigns.digests")
VERIFY_AUDIT_TRAIL = JobType("audit.verify", key="audit")
LOG_AUDIT_HEAD = JobType("audit.note_head", key="audit head")
# Below other jobs, also because a mail server that is down costs every attempt three seconds.
SEND_NOTIFICATION = JobType("notices.send", key="notice:{notice_id}", priority=-10)
