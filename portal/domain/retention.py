"""Retention periods: how long each kind of data is kept before the nightly job deletes it."""

from __future__ import annotations

from datetime import timedelta

# What people agree to; the consent text and the privacy page name these periods.
STUDIO_UPLOADS = timedelta(days=30)
"""Photos a person uploaded, at the provider, after the headshots are ready. The provider deletes them."""
UNCHOSEN_PHOTOS = timedelta(days=90)
"""Headshots that were not chosen, after they were copied."""

# Raw webhook bodies contain names and e-mail addresses.
WEBHOOK_BODIES = timedelta(days=30)
# An event that is sent again later than this is too old to be trusted and only causes the session to be read again.
DELIVERIES = timedelta(days=90)
# Calls to the provider, for the usage page.
PROVIDER_CALLS = timedelta(days=30)
# Counts of refused webhooks.
WEBHOOK_REJECTIONS = timedelta(days=7)
# Balances of credits, for the curve and the forecast.
CREDIT_READINGS = timedelta(days=180)
# Lists of the provider's account that could not be read anew for so long.
PROVIDER_RECORDS = timedelta(days=7)
# Lines of imported lists; their counts stay.
IMPORTED_LINES = timedelta(days=7)
FINISHED_JOBS = timedelta(days=7)
# A rate limit's bucket is full again after a minute.
UNUSED_RATE_LIMITS = timedelta(hours=1)
# An open page may still load a photo that was just removed from the gallery.
REMOVED_FILES = timedelta(days=1)
