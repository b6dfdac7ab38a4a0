"""The sandbox's tables. A change requires a new data folder; there are no migrations."""

from __future__ import annotations

VERSION = 1

TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE organization (
    uid TEXT PRIMARY KEY, name TEXT NOT NULL, website TEXT NOT NULL,
    credit_quarters INTEGER NOT NULL CHECK (credit_quarters >= 0)
);
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, hint TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE teams (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE
);
CREATE TABLE members (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, uid TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL, email_key TEXT NOT NULL UNIQUE,
    team_id TEXT REFERENCES teams (id) ON DELETE SET NULL, joined_at TEXT NOT NULL
);
CREATE TABLE models (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    member_id TEXT NOT NULL REFERENCES members (id),
    status TEXT NOT NULL, title TEXT NOT NULL DEFAULT '', trigger_word TEXT NOT NULL DEFAULT '',
    version TEXT, is_development INTEGER NOT NULL, by_invite INTEGER NOT NULL,
    free_shoot INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 1,
    token TEXT NOT NULL UNIQUE, token_at TEXT NOT NULL, token_dead INTEGER NOT NULL DEFAULT 0,
    next_at TEXT, url_epoch INTEGER NOT NULL DEFAULT 0,
    favorite_photo_id TEXT,
    created_at TEXT NOT NULL, finished_at TEXT, deleted_at TEXT, invite_expires_at TEXT
);
CREATE INDEX models_due ON models (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX models_member ON models (member_id, seq);
CREATE INDEX models_status ON models (status, seq);
CREATE TABLE uploads (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, model_id TEXT NOT NULL REFERENCES models (id),
    filename TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE INDEX uploads_model ON uploads (model_id, seq);
CREATE TABLE photos (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, model_id TEXT NOT NULL REFERENCES models (id),
    status TEXT NOT NULL DEFAULT 'active', liked_status TEXT NOT NULL DEFAULT 'none', created_at TEXT NOT NULL
);
CREATE INDEX photos_model ON photos (model_id, seq);
CREATE TABLE invites (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, email TEXT NOT NULL, email_key TEXT NOT NULL,
    team_id TEXT REFERENCES teams (id) ON DELETE SET NULL,
    model_id TEXT REFERENCES models (id), revoked_at TEXT, created_at TEXT NOT NULL
);
CREATE INDEX invites_email ON invites (email_key, seq);
CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, model_id TEXT NOT NULL, event TEXT NOT NULL,
    body TEXT NOT NULL, created_at TEXT NOT NULL, state TEXT NOT NULL, due_at TEXT,
    tries INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, signed_at INTEGER
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE attempts (
    seq INTEGER PRIMARY KEY, delivery_id TEXT NOT NULL REFERENCES deliveries (id), at TEXT NOT NULL,
    url TEXT NOT NULL, http_status INTEGER, outcome TEXT NOT NULL, fault TEXT, milliseconds INTEGER NOT NULL
);
CREATE INDEX attempts_delivery ON attempts (delivery_id, seq);
"""

DELETE_ALL = """
DELETE FROM attempts; DELETE FROM deliveries; DELETE FROM invites; DELETE FROM photos; DELETE FROM uploads;
DELETE FROM models; DELETE FROM members; DELETE FROM teams;
"""
