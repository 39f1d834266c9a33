"""What an engineer sets up before the clients come: a template, workflows and categories, as the CLI sends them."""

import json
from typing import Any

from e2e.running import Access

TEMPLATE = "compatibility"
WORKFLOW = "compatibility"
EVENT_WORKFLOW = "compatibility-event"
EVENT = "ORDER_PLACED"
# A category below the root promotional, which people may turn off.
CATEGORY = "newsletter"

_TEXT = "Hello {{code}}"
CONTENT: dict[str, dict[str, Any]] = {
    "email": {"subject": _TEXT, "body": {"type": "raw", "raw": {"html": "<p>{{$brand.brand_name}}</p>"}}},
    "sms": {"body": _TEXT},
    "whatsapp": {"body": {"text": _TEXT}},
    "androidpush": {"header": "Hello", "body": _TEXT},
    "iospush": {"header": "Hello", "body": _TEXT},
    "webpush": {"header": "Hello", "body": _TEXT, "action_url": "https://example.com/order"},
    "slack": {"body_type": "text", "body_text": _TEXT},
    "ms_teams": {"body_type": "text", "body_text": _TEXT},
    "inbox": {"header": _TEXT, "body": "{{{jsonStringify $recipient}}}"},
}


def set_up(hub: Access) -> list[str]:
    """Send it all; what the hub refused, which is no fault as long as nothing that needs it is served."""
    sent = [*_template(hub), *_workflows(hub), *_categories(hub)]
    return [f"{path}: {status} {text[:200]}" for path, status, text in sent if status >= 300]


def _template(hub: Access) -> list[tuple[str, int, str]]:
    base = f"/v2/{hub.workspace}/template/{TEMPLATE}/"
    channels = sorted(CONTENT)
    sent = [_send(hub, "POST", base, {"name": "Compatibility", "enabled_channels": channels})]
    for channel in channels:
        path = f"{base}channel/{channel}/variant/default/"
        sent.append(_send(hub, "POST", path, {"content": CONTENT[channel]}))
    return [*sent, _send(hub, "PATCH", f"{base}commit/", {})]


def _workflows(hub: Access) -> list[tuple[str, int, str]]:
    node = {
        "node_type": "send_multi_channel",
        "name": "send",
        "template": TEMPLATE,
        "channels": ["email", "inbox"],
    }
    shared = {"name": "Compatibility", "category": "transactional", "tree": {"nodes": [node]}}
    started_by: dict[str, dict[str, Any]] = {
        WORKFLOW: {"trigger_type": "api"},
        EVENT_WORKFLOW: {"trigger_type": "event", "trigger_events": [EVENT]},
    }
    return [
        _send(hub, "POST", f"/v1/{hub.workspace}/workflow/{slug}/?commit=true", {**shared, **trigger})
        for slug, trigger in started_by.items()
    ]


def _categories(hub: Access) -> list[tuple[str, int, str]]:
    category = {"category": CATEGORY, "name": "Newsletter", "description": "News", "default_preference": "opt_in"}
    section = {"name": "News", "description": "What is new", "categories": [category]}
    tree = {"root_categories": [{"root_category": "promotional", "sections": [section]}]}
    base = f"/v1/{hub.workspace}/preference_category/"
    return [_send(hub, "POST", base, tree), _send(hub, "PATCH", f"{base}commit/", {})]


def _send(hub: Access, method: str, path: str, document: dict[str, Any]) -> tuple[str, int, str]:
    answer = hub.manage(method, path, body=json.dumps(document))
    return f"{method} {path}", answer.status, answer.data.decode(errors="replace")
