"""Runs with the official client alone: what its users do, results as JSON on standard output."""

import json
import sys
from typing import Any

from suprsend import Event, Suprsend, Workflow


def main(base_url: str, key: str, secret: str, person: str, address: str) -> None:
    """Save a profile, trigger, trigger in bulk, track."""
    client = Suprsend(key, secret, base_url=base_url)
    user = client.user.get_instance(distinct_id=person)
    user.add_email(address)
    user.add_androidpush(f"token-{person}")
    user.set_preferred_language("en")
    results: dict[str, Any] = {"save": user.save()}
    results["trigger"] = client.trigger_workflow(Workflow(body=_body(person, "direct"), idempotency_key=person))
    bulk = client.bulk_workflows.new_instance()
    for number in range(3):
        bulk.append(Workflow(body=_body(person, f"bulk-{number}"), idempotency_key=f"{person}-{number}"))
    answer = bulk.trigger()
    results["bulk"] = {"status": answer.status, "total": answer.total, "success": answer.success}
    results["track"] = client.track_event(Event(person, "ORDER_PLACED", {"amount": 10}))
    json.dump(results, sys.stdout)


def _body(person: str, invoice: str) -> dict[str, Any]:
    return {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": person}],
        "data": {"first_name": "Ada", "invoice_id": invoice},
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
