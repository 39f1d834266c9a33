"""Workflows, triggered: both forms, one and many, with what they may carry."""

from typing import Any

from e2e.compatibility.proofs import mails_to, messages, received
from e2e.compatibility.scene import TEMPLATE, WORKFLOW
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, refused, saved
from e2e.official import ROOT

FILE = ROOT / "e2e" / "compatibility" / "features" / "greeting.txt"


def described(subject: Subject, code: str, **changes: Any) -> dict[str, Any]:
    """A workflow that the call itself describes."""
    return {
        "name": "Compatibility",
        "template": TEMPLATE,
        "notification_category": "transactional",
        "users": [{"distinct_id": subject.id, "$email": [subject.email()], "$channels": ["email"]}],
        "data": {"code": code},
        **changes,
    }


def named(subject: Subject, code: str, **changes: Any) -> dict[str, Any]:
    """A workflow that the hub knows by its name."""
    recipient = {"distinct_id": subject.id, "$email": [subject.email()]}
    return {"workflow": WORKFLOW, "recipients": [recipient], "data": {"code": code}, **changes}


def _trigger(subject: Subject) -> list[Step]:
    return [
        call("Workflow", described(subject, "first"), save="workflow"),
        call("trigger_workflow", saved("workflow")),
        call("trigger_workflow", described(subject, "second")),
    ]


def _trigger_bulk(subject: Subject) -> list[Step]:
    return [
        call("bulk_workflows.new_instance", save="bulk"),
        call("Workflow", described(subject, "first"), save="first"),
        call("Workflow", described(subject, "second"), save="second"),
        call("bulk.append", saved("first"), saved("second")),
        call("bulk.trigger"),
    ]


def _once(kind: str, body: dict[str, Any], send: str, subject: Subject) -> list[Step]:
    steps = []
    for _ in range(2):
        steps += [call(kind, body, idempotency_key=subject.id, save="workflow"), call(send, saved("workflow"))]
    return steps


def _is_sent_once(subject: Subject, values: Values) -> None:
    [message] = [each for each in messages(subject.hub, idempotency_key=subject.id) if each["channel"] == "email"]
    assert message["status"] == "sent_by_vendor"
    mails_to(subject, "first")


def _for_tenant(option: str) -> Any:
    def steps(subject: Subject) -> list[Step]:
        options = {option: subject.other("tenant")}
        return [
            call("Workflow", described(subject, "first"), save="workflow", **options),
            call("trigger_workflow", saved("workflow")),
        ]

    return steps


def _named_for_tenant(subject: Subject) -> list[Step]:
    body = named(subject, "first")
    return [
        call("WorkflowTriggerRequest", body, tenant_id=subject.other("tenant"), save="request"),
        call("workflows.trigger", saved("request")),
    ]


def _is_the_tenants(subject: Subject, values: Values) -> None:
    found = messages(subject.hub, recipient_id=subject.id, channel="email")
    assert [each["tenant_id"] for each in found] == [subject.other("tenant")]


def _attach(kind: str, body: dict[str, Any], send: str, subject: Subject) -> list[Step]:
    return [
        call(kind, body, save="workflow"),
        call("workflow.add_attachment", str(FILE), file_name="by-data.txt"),
        call("workflow.add_attachment", f"{subject.hub.base_url}/openapi.json", file_name="by-url.json"),
        call(send, saved("workflow")),
    ]


def _attach_to_body(subject: Subject) -> list[Step]:
    return [
        call("add_attachment", described(subject, "first"), str(FILE), file_name="by-data.txt", save="body"),
        call("add_attachment", saved("body"), f"{subject.hub.base_url}/openapi.json", file_name="by-url.json"),
        call("trigger_workflow", saved("body")),
    ]


def _has_the_files(subject: Subject, values: Values) -> None:
    [mail] = mails_to(subject, "first")
    assert sorted(each["filename"] for each in mail["content"]["attachments"]) == ["by-data.txt", "by-url.json"]


def _named(subject: Subject) -> list[Step]:
    return [
        call("WorkflowTriggerRequest", named(subject, "first"), save="request"),
        call("workflows.trigger", saved("request")),
    ]


def _named_bulk(subject: Subject) -> list[Step]:
    return [
        call("workflows.bulk_trigger_instance", save="bulk"),
        call("WorkflowTriggerRequest", named(subject, "first"), save="first"),
        call("WorkflowTriggerRequest", named(subject, "second"), save="second"),
        call("bulk.append", saved("first"), saved("second")),
        call("bulk.trigger"),
    ]


def _named_with_everything(subject: Subject) -> list[Step]:
    body = named(subject, "first", actor=subject.other("actor"), metadata={"from": "a test"})
    options = {"idempotency_key": subject.id, "cancellation_key": subject.other("cancellation")}
    return [
        call("WorkflowTriggerRequest", body, save="request", **options),
        call("workflows.trigger", saved("request")),
    ]


def _to_object(subject: Subject) -> list[Step]:
    team = subject.other("team")
    return [
        call("users.upsert", subject.id, {"$email": [subject.email()]}),
        call("objects.upsert", "teams", team, {"$email": [subject.email("team")]}),
        call("objects.create_subscriptions", "teams", team, {"recipients": [subject.id]}),
        call(
            "WorkflowTriggerRequest",
            {**named(subject, "first"), "recipients": [{"object_type": "teams", "id": team}]},
            save="request",
        ),
        call("workflows.trigger", saved("request")),
    ]


def _reaches_object_and_subscribers(subject: Subject, values: Values) -> None:
    mails_to(subject, "first")
    assert len(received(subject.hub, subject.email("team"), channel="email")) == 1


def _by_api_key(subject: Subject) -> list[Step]:
    hub = subject.hub
    return [
        call(
            "Suprsend.with_workspace_api_key",
            hub.workspace_uid,
            hub.api_key,
            base_url=hub.base_url,
            save="client",
        ),
        call("client.trigger_workflow", described(subject, "first")),
        call("client.user.get_instance", subject.id, save="user"),
        call("user.set", "plan", "free"),
        call("user.save"),
    ]


def _unknown_template(subject: Subject) -> list[Step]:
    return [refused("trigger_workflow", described(subject, "first", template="no-such-template"))]


def _wrong_secret(subject: Subject) -> list[Step]:
    hub = subject.hub
    return [
        call("Suprsend", hub.workspace_key, "a wrong secret", base_url=hub.base_url, save="client"),
        refused("client.trigger_workflow", described(subject, "first")),
    ]


def _is_refused_with(status: int) -> Any:
    def proof(subject: Subject, values: Values) -> None:
        told = values[-1]
        assert (told["success"], told["status_code"]) == (False, status), told

    return proof


def _both_arrive(subject: Subject, values: Values) -> None:
    mails_to(subject, "first", "second")


def _one_arrives(subject: Subject, values: Values) -> None:
    mails_to(subject, "first")


FEATURES = {
    "trigger": Feature(_trigger, _both_arrive),
    "trigger.bulk": Feature(_trigger_bulk, _both_arrive),
    "trigger.once": Feature(
        lambda who: _once("Workflow", described(who, "first"), "trigger_workflow", who), _is_sent_once
    ),
    "trigger.tenant": Feature(_for_tenant("tenant_id"), _is_the_tenants),
    "trigger.brand": Feature(_for_tenant("brand_id"), _is_the_tenants),
    "trigger.attachments": Feature(
        lambda who: _attach("Workflow", described(who, "first"), "trigger_workflow", who), _has_the_files
    ),
    "trigger.add_attachment": Feature(_attach_to_body, _has_the_files),
    "trigger.api_key": Feature(_by_api_key, _one_arrives),
    "trigger.unknown_template": Feature(_unknown_template, _is_refused_with(400)),
    "trigger.wrong_secret": Feature(_wrong_secret, _is_refused_with(401)),
    "workflows.trigger": Feature(_named, _one_arrives),
    "workflows.bulk": Feature(_named_bulk, _both_arrive),
    "workflows.once": Feature(
        lambda who: _once("WorkflowTriggerRequest", named(who, "first"), "workflows.trigger", who), _is_sent_once
    ),
    "workflows.tenant": Feature(_named_for_tenant, _is_the_tenants),
    "workflows.attachments": Feature(
        lambda who: _attach("WorkflowTriggerRequest", named(who, "first"), "workflows.trigger", who), _has_the_files
    ),
    "workflows.actor": Feature(_named_with_everything, _one_arrives),
    "workflows.object": Feature(_to_object, _reaches_object_and_subscribers),
}
