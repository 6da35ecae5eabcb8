"""A billing meter and what it counted."""

from __future__ import annotations

from .payload import Payload


def meter(meter_id: str, name: str, event_name: str, at: int) -> Payload:
    """A meter that sums events of a name."""
    return {
        "id": meter_id,
        "object": "billing.meter",
        "created": at,
        "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
        "default_aggregation": {"formula": "sum"},
        "display_name": name,
        "event_name": event_name,
        "event_time_window": None,
        "livemode": True,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": at,
        "value_settings": {"event_payload_key": "value"},
    }


def meter_event_summary(summary_id: str, meter_id: str, customer: str, start: int, end: int, value: int) -> Payload:
    """What a meter counted for a customer from `start` to `end`.

    Stripe's summary does not name the customer, who is in the request: a folder has to.
    """
    return {
        "id": summary_id,
        "object": "billing.meter_event_summary",
        "aggregated_value": value,
        "customer": customer,
        "end_time": end,
        "livemode": True,
        "meter": meter_id,
        "start_time": start,
    }
