"""The tables and every query about them, one module a noun; no business rules."""

from portal.models.archives import Archive
from portal.models.attempt_requests import AttemptRequest
from portal.models.audit import AuditEntry
from portal.models.audit_links import AuditLink
from portal.models.budget import ProviderBudget
from portal.models.campaigns import Campaign
from portal.models.choices import Choice
from portal.models.consents import Consent
from portal.models.credits import CreditBalance, CreditReading
from portal.models.deliveries import Delivery
from portal.models.delivery_totals import DeliveryTotal
from portal.models.erasures import Erasure, Tombstone
from portal.models.exports import Export
from portal.models.health_checks import HealthCheck
from portal.models.kits import Kit, KitFile
from portal.models.link_reports import LinkReport
from portal.models.listed_people import ListedPerson, SearchTerm
from portal.models.notifications import Notification
from portal.models.people import Person
from portal.models.person_notes import PersonNote
from portal.models.photo_marks import PhotoMark
from portal.models.photos import Photo, Rendition
from portal.models.picture_accesses import PictureAccess
from portal.models.provider_account import ProviderAccount
from portal.models.provider_calls import ProviderCall, ProviderCallTotal
from portal.models.provider_records import ProviderRecord
from portal.models.rate_limits import RateLimit
from portal.models.roster import RosterEntry
from portal.models.roster_imports import RosterImport, RosterImportLine
from portal.models.secret_ages import SecretAge
from portal.models.sessions import Session, SignInAttempt
from portal.models.shoot_steps import Duration, ShootStep
from portal.models.shoots import Shoot
from portal.models.text_versions import TextVersion
from portal.models.webhook_rejections import WebhookRejection

__all__ = [
    "Archive",
    "AttemptRequest",
    "AuditEntry",
    "AuditLink",
    "Campaign",
    "Choice",
    "Consent",
    "CreditBalance",
    "CreditReading",
    "Delivery",
    "DeliveryTotal",
    "Duration",
    "Erasure",
    "Export",
    "HealthCheck",
    "Kit",
    "KitFile",
    "LinkReport",
    "ListedPerson",
    "Notification",
    "Person",
    "PersonNote",
    "Photo",
    "PhotoMark",
    "PictureAccess",
    "ProviderAccount",
    "ProviderBudget",
    "ProviderCall",
    "ProviderCallTotal",
    "ProviderRecord",
    "RateLimit",
    "Rendition",
    "RosterEntry",
    "RosterImport",
    "RosterImportLine",
    "SearchTerm",
    "SecretAge",
    "Session",
    "Shoot",
    "ShootStep",
    "SignInAttempt",
    "TextVersion",
    "Tombstone",
    "WebhookRejection",
]
