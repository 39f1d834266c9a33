"""Words that would run as a script if a page took them for its own, put into everything that the hub keeps."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.template_content import CONTENTS, read_content
from suprsend_hub.ui.content_fields import ContentField, list_fields, put_fields

from e2e.console.bookshop import CATEGORIES
from e2e.console.story import Shop

WORDS = '"\'><img src=x onerror="top.taken=1"><script>top.taken=1</script><svg onload=top.taken=1>`'
# Where no more than so much fits.
SHORTER = ("<svg onload=top.taken=1>", "<b onclick=a()>")
ADDRESS = "javascript:top.taken=1"
SENT = "hostile-sent"
PERSON = "'\"><svg onload=top.taken=1>"
OBJECT = f"team/{quote(PERSON, safe='')}"
# What a mail may be written as, a chat say, and a button do; each is one template.
_KINDS: tuple[Mapping[str, str], ...] = (
    {"body.type": "raw", "body_type": "text", "buttons[0].type": "URL", "header.format": "TEXT"},
    {"body.type": "designer", "body_type": "block", "buttons[0].type": "PHONE_NUMBER", "header.format": "DOCUMENT"},
    {"body.type": "plain_text", "body_type": "card", "buttons[0].type": "QUICK_REPLY", "button_type": "QUICK_REPLY"},
)
_BLOCKS = json.dumps([{"type": "section", "text": {"type": "mrkdwn", "text": WORDS}}])
_CARD = json.dumps({"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": WORDS}]})
# With these a message goes nowhere, or is not shown any more.
_NOT_SENT = ("from_address", "extra_to", "cc", "bcc", "reply_to", "expiry.value")


def hostile_templates() -> Iterator[tuple[str, dict[str, Document]]]:
    """Templates by slug, with every field of every channel."""
    for number, kinds in enumerate(_KINDS):
        yield f"hostile-{number}", {channel: fill_content(channel, kinds) for channel in CONTENTS}
    sent: dict[str, Document] = {each: fill_content(each, _KINDS[0], without=_NOT_SENT) for each in CONTENTS}
    # The vendors of the stand-ins take none of these.
    sent["whatsapp"].update(buttons=None, button_type="NONE")
    sent["sms"]["body"] += " {{$hosted_preference_url}}"
    yield SENT, sent


def fill_content(channel: Channel, kinds: Mapping[str, str], without: tuple[str, ...] = ()) -> Document:
    """A channel's content with hostile words in all of its fields, as much as fits into each."""
    typed = {each.name: _words_for(each, kinds) for each in list_fields(channel, {}) if each.name not in without}
    while True:
        content = put_fields(channel, {}, typed)
        try:
            read_content(channel, msgspec.json.encode(content))
            return content
        except Invalid as fault:
            field = fault.field.removeprefix("content.")
            typed[field] = next(each for each in SHORTER if len(each) < len(typed[field]))


def _words_for(field: ContentField, kinds: Mapping[str, str]) -> str:
    match field.kind:
        case "choice":
            wanted = kinds.get(field.name, "")
            return wanted if wanted in field.options else field.options[0]
        case "switch":
            # Nothing is to be seen of what expires or is silent.
            return "false" if field.name in ("is_expiry_enabled", "is_silent") else "true"
        case "number" | "numbers":
            return "1"
        case "json":
            return json.dumps({WORDS: WORDS})
        case _ if field.name in ("body_block", "body_card"):
            return _BLOCKS if field.name == "body_block" else _CARD
        case _:
            return ADDRESS if field.name.endswith("url") else WORDS


def attack(shop: Shop) -> None:
    """Put hostile words into everything, and send them to somebody whose whole profile is of such words."""
    for slug, channels in hostile_templates():
        # What is not live yet is shown line by line, as what a commit would change.
        is_live = slug == SENT
        shop.save_template(slug, channels, commit=is_live, name=WORDS, description=WORDS, tags=[SHORTER[0]])
        shop.manage("PATCH", f"/v2/{shop.access.workspace}/template/{slug}/mock_data/", {"data": {WORDS: WORDS}})
    for profile in profiles(shop):
        shop.call("POST", f"/v1/user/{quote(PERSON, safe='')}/", profile)
    shop.call("POST", f"/v1/object/{OBJECT}/", {WORDS: WORDS, "$email": "o@example.com"})
    subscriber = {"recipients": [PERSON], "properties": {WORDS: WORDS}}
    shop.call("POST", f"/v1/object/{OBJECT}/subscription/", subscriber)
    shop.call("POST", "/v1/tenant/hostile/", {"tenant_name": "Hostile", "properties": {WORDS: WORDS}})
    shop.call("POST", "/v1/subscriber_list/", {"list_id": "hostile", "list_name": WORDS, "list_description": WORDS})
    shop.call("POST", "/v1/subscriber_list/hostile/subscriber/add/", {"distinct_ids": [PERSON]})
    shop.manage("POST", f"/v1/{shop.access.workspace}/preference_category/?commit=true", _categories())
    shop.trigger(WORDS, SENT, PERSON, WORDS, data={WORDS: WORDS}, notification_category="hostile")


def profiles(shop: Shop) -> Iterator[Mapping[str, Any]]:
    """Everything that may stand in a profile, one after the other."""
    yield {"name": WORDS, WORDS: WORDS, "city": {"name": WORDS}}
    yield {"$email": ["hostile@example.com"], "$sms": "+15550001111", "$whatsapp": "+15550001111"}
    yield {"$androidpush": WORDS, "$iospush": SHORTER[0]}
    yield {"$slack": {"access_token": WORDS, "email": "hostile@example.com"}}
    yield {"$slack": {"access_token": "xoxb-1", "email": "hostile@example.com"}}
    yield {"$ms_teams": shop.access.get("/dev/ms_teams/hostile/")["person"]}
    yield {"$webpush": shop.access.get("/dev/browser/hostile/")}


def _categories() -> Document:
    """The tree of the story, and a category of hostile words."""
    hostile = {"category": "hostile", "name": WORDS, "description": WORDS, "default_preference": "opt_in"}
    section = {"name": WORDS, "description": WORDS, "categories": [hostile]}
    transactional, promotional = CATEGORIES["root_categories"]
    changed = {**promotional, "sections": [*promotional["sections"], section]}
    return {"root_categories": [transactional, changed]}
