"""The schemas of API responses. Objects are closed, so that a new field fails the tests."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
TIMESTAMP: Schema = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
COUNT: Schema = {"type": "integer", "minimum": 0}
URL: Schema = {"type": "string", "format": "uri"}
MODEL_STATUS = ["onboarding", "waiting", "pending", "generatingHeadshots", "active", "failed", "deleted"]
MEMBER_STATUS = ["accepted", "pending", "finished"]
INVITE_STATUS = ["pending", "accepted", "uploading", "generating", "completed", "revoked", "deleted"]
ERROR_CODES = [
    "UNAUTHORIZED",
    "FORBIDDEN",
    "INVALID_REQUEST",
    "INVALID_EMAIL",
    "ALREADY_EXISTS",
    "ALREADY_DELETED",
    "INSUFFICIENT_CREDITS",
    "NOT_FOUND",
    "RATE_LIMIT_EXCEEDED",
    "INVITE_LIMIT_EXCEEDED",
    "INTERNAL_ERROR",
]


def enum_of(values: list[str]) -> Schema:
    """Build the schema of an enumeration."""
    return {"type": "string", "enum": values}


def nullable(schema: Schema) -> Schema:
    """Build a schema that also allows null."""
    return {"oneOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """Build a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def array_of(schema: Schema) -> Schema:
    """Build the schema of an array."""
    return {"type": "array", "items": schema}


def closed_object(fields: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Build the schema of an object without additional properties."""
    return {
        "type": "object",
        "properties": fields | (optional or {}),
        "required": list(fields),
        "additionalProperties": False,
    }


def build_schemas() -> dict[str, Schema]:
    """Build all named schemas."""
    return {
        "Error": closed_object({"success": {"const": False}, "error": TEXT, "code": enum_of(ERROR_CODES)}),
        "Pagination": closed_object(
            {
                "total": COUNT,
                "limit": {"type": "integer", "minimum": 1, "maximum": 200},
                "offset": COUNT,
                "hasMore": FLAG,
            }
        ),
        "Team": closed_object({"id": TEXT, "name": TEXT}),
        "Organization": closed_object({"uid": TEXT, "name": TEXT, "website": TEXT, "teams": array_of(ref("Team"))}),
        "Model": closed_object(_model_fields()),
        "Urls": closed_object({"main": URL}, {"thumbnail": URL, "original": URL}),
        "Photo": closed_object(_photo_fields()),
        "ModelPhoto": closed_object(_photo_fields() | {"modelId": TEXT}),
        "FavoritePhoto": closed_object(
            _photo_fields() | {"modelId": TEXT, "email": TEXT, "title": nullable(TEXT)} | _team_fields()
        ),
        "Download": closed_object({"photoId": TEXT, "urls": ref("Urls")}),
        "Invite": closed_object(
            {"email": TEXT, "status": enum_of(INVITE_STATUS), "createdAt": TIMESTAMP} | _team_fields(),
            {"modelId": TEXT},
        ),
        "AcceptedMember": closed_object(_member_fields()),
        "Member": closed_object(
            _member_fields() | {"status": enum_of(MEMBER_STATUS), "modelId": TEXT, "modelStatus": enum_of(MODEL_STATUS)}
        ),
    }


def _team_fields() -> dict[str, Schema]:
    return {"teamId": nullable(TEXT), "teamName": nullable(TEXT)}


def _model_fields() -> dict[str, Schema]:
    return {
        "id": TEXT,
        "uid": TEXT,
        "email": TEXT,
        "title": nullable(TEXT),
        "status": enum_of(MODEL_STATUS),
        **_team_fields(),
        "isDevelopment": FLAG,
        "createdAt": TIMESTAMP,
        "finishedAt": nullable(TIMESTAMP),
    }


def _photo_fields() -> dict[str, Schema]:
    return {
        "id": TEXT,
        "status": enum_of(["active", "deleted"]),
        "likedStatus": enum_of(["none", "liked", "loved"]),
        "createdAt": TIMESTAMP,
        "urls": ref("Urls"),
        "expiresAt": TIMESTAMP,
    }


def _member_fields() -> dict[str, Schema]:
    return {"id": TEXT, "email": TEXT, "name": nullable(TEXT), **_team_fields(), "joinedAt": TIMESTAMP}
