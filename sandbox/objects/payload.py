"""The type of an object in Stripe's shape."""

from __future__ import annotations

from typing import Any

Payload = dict[str, Any]
