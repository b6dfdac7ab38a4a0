"""The sandbox's control plane: injecting faults and reading its state."""

from __future__ import annotations

import logging
import os
import random
from typing import Any

import requests

log = logging.getLogger(__name__)

# Every fault with chance in it gets its seed from this one; give the printed number to repeat a run.
SEED = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(1, 1 << 32))
CHANCE = random.Random(SEED)

CREATE = {"method": "POST", "path": "/api/v2/organization/models"}
PHOTOS = {"path": "/photos/*"}


def _choose_seed(purpose: str) -> int:
    """Return the next seed and print it; pytest shows it with a test that fails."""
    seed = CHANCE.randrange(1, 1 << 32)
    log.warning("FAULTS_SEED=%d, seed of %s: %d", SEED, purpose, seed)
    return seed


class SandboxControl:
    """One sandbox process."""

    def __init__(self, address: str) -> None:
        self._control = f"{address}/_control"
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        response = self._session.request(method, f"{self._control}{path}", json=body, timeout=60)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def switch(self, **switches: Any) -> None:
        if switches.get("webhook_order") == "shuffled":
            switches = {"webhook_order_seed": _choose_seed("the order of webhooks"), **switches}
        self.call("PUT", "/settings", switches)

    def break_call(self, fault: str, **rule: Any) -> None:
        """Inject a fault into API calls, always or ``count`` times."""
        self._plan_fault({"on": "api", "fault": fault, "count": None, **rule})

    def break_webhook(self, fault: str, **rule: Any) -> None:
        """Inject a fault into webhooks, always or ``count`` times."""
        self._plan_fault({"on": "webhook", "fault": fault, "count": None, **rule})

    def _plan_fault(self, rule: dict[str, Any]) -> None:
        self.call("POST", "/faults", {"seed": _choose_seed(f"the fault {rule['fault']}"), **rule})

    def clear_faults(self) -> None:
        self.call("DELETE", "/faults")

    def faults(self) -> list[dict[str, Any]]:
        """The rules that still wait for something to break."""
        return list(self.call("GET", "/faults")["faults"])

    def state(self) -> dict[str, Any]:
        return dict(self.call("GET", "/state"))

    def models(self) -> list[dict[str, Any]]:
        return list(self.state()["models"])

    def list_models_by_email(self, email: str) -> list[dict[str, Any]]:
        return [model for model in self.models() if model["email"] == email]

    def requests(self) -> dict[str, Any]:
        """Number of API calls since the last reset."""
        return dict(self.call("GET", "/requests"))

    def clear_requests(self) -> None:
        self.call("DELETE", "/requests")

    def rotate_secret(self) -> str:
        """Sign webhooks with a new secret from now on; the one before is worth nothing any more."""
        return str(self.call("POST", "/webhook_secret")["webhook_secret"])

    def deliveries(self) -> list[dict[str, Any]]:
        return list(self.state()["deliveries"])

    def act(self, model_id: str, action: str, **body: Any) -> dict[str, Any]:
        return dict(self.call("POST", f"/models/{model_id}/{action}", body))

    def finish(self, model_id: str) -> None:
        """Let the person do their part, and the studio its own, at once."""
        self.act(model_id, "complete")
        self.act(model_id, "advance", to="active")
