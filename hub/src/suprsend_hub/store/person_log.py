"""All that is stored of one person, row by row."""

from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

from suprsend_hub.store.database import Connection
from suprsend_hub.store.message_contents import inflate

_ADDRESSES = (
    "(select coalesce(json_agg(json_build_object('channel', i.channel, 'provider', i.provider, 'value', i.value,"
    " 'details', i.details, 'created_at', i.created_at) order by i.id), '[]') from identity i"
    " where i.profile_id = p.id)"
)
_HIS_PROFILES = "p.workspace_id = $1 and p.object_type = '' and p.distinct_id = $2"

# By section of an export, in its order: a document a row.
SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "profiles": "select json_build_object('tenant_id', p.tenant_id, 'properties',"  # noqa: S608 - made of constants
        f" p.properties, 'addresses', {_ADDRESSES}, 'created_at', p.created_at, 'updated_at', p.updated_at)"
        f" from profile p where {_HIS_PROFILES} order by p.tenant_id",
        "preferences": "select json_build_object('tenant_id', c.tenant_id, 'category', c.category, 'preference',"  # noqa: S608 - made of constants
        " c.preference, 'opt_out_channels', c.opt_out_channels, 'digest_schedule', c.digest_schedule, 'properties',"
        " c.properties, 'updated_at', c.updated_at) from profile p join category_preference c on c.profile_id = p.id"
        f" where {_HIS_PROFILES} order by c.tenant_id, c.category",
        "restricted_channels": "select json_build_object('tenant_id', r.tenant_id, 'channel', r.channel,"  # noqa: S608 - made of constants
        " 'since', r.since) from profile p join channel_restriction r on r.profile_id = p.id"
        f" where {_HIS_PROFILES} order by r.tenant_id, r.channel",
        "subscriptions": "select json_build_object('object_type', o.object_type, 'id',"  # noqa: S608 - made of constants
        " o.distinct_id, 'properties', s.properties, 'created_at', s.created_at) from profile p"
        " join subscription s on s.member_id = p.id"
        f" join profile o on o.id = s.parent_id where {_HIS_PROFILES} order by s.id",
        "lists": "select json_build_object('list_id', l.list_id, 'status', v.status) from list_version v"
        " join subscriber_list l on l.id = v.subscriber_list_id join list_member m on m.list_version_id = v.id"
        " where v.workspace_id = $1 and m.distinct_id = $2 order by v.id",
        "suppressions": "select json_build_object('channel', s.channel, 'address', s.address,"  # noqa: S608 - made of constants
        " 'category', s.category, 'cause', s.cause, 'reason', s.reason, 'since', s.since, 'until', s.until,"
        " 'lifted_at', s.lifted_at)"
        " from profile p join identity i on i.profile_id = p.id"
        " join suppression s on s.workspace_id = $1 and s.channel = i.channel and s.provider = i.provider"
        " and s.digest = encode(sha256(convert_to(case when i.channel = 'email' then lower(i.value) else i.value end,"
        f" 'UTF8')), 'hex') where {_HIS_PROFILES} order by s.id",
        "requests": "select json_build_object('request_id', q.id, 'accepted_at', q.accepted_at, 'body', q.body)"
        " from request q where q.workspace_id = $1 and q.id in (select r.request_id from message m join run r"
        " on r.id = m.run_id where m.workspace_id = $1 and m.distinct_id = $2"
        " union select r.request_id from run r where r.workspace_id = $1 and r.distinct_id = $2"
        " and (r.waits_until is not null or r.cancelled_at is not null)"
        " union select f.id from request f where f.workspace_id = $1 and f.actor_id = $2 and f.state = 'failed')"
        " order by q.id",
        # Who sent one again is somebody else.
        "messages": "select to_jsonb(m) - 'repeated_by' from message m where m.workspace_id = $1 and m.distinct_id = $2"
        " order by m.id",
        "tries": "select to_json(t) from message_try t join message m on m.workspace_id = $1 and m.id = t.message_id"
        " where m.distinct_id = $2 order by t.message_id, t.id",
        "contents": "select to_json(c.message_id), c.content from message_content c join message m"
        " on m.workspace_id = $1 and m.id = c.message_id where m.distinct_id = $2 order by c.message_id",
        "notifications": "select to_json(n) from inbox_notification n where n.workspace_id = $1"
        " and n.distinct_id = $2 order by n.id",
        "events": "select to_json(e) from event e where e.workspace_id = $1 and e.distinct_id = $2"
        " order by e.name, e.received_at",
    }
)


async def stream_section(
    connection: Connection, workspace_id: int, distinct_id: str, section: str
) -> AsyncIterator[str]:
    """The documents of a section as JSON, one after the other; it needs a transaction around it."""
    async for row in connection.cursor(SECTIONS[section], workspace_id, distinct_id, prefetch=200):
        yield _content(*row) if section == "contents" else row[0]


def _content(message_id: str, deflated: bytes) -> str:
    return f'{{"message_id": {message_id}, "content": {inflate(deflated)}}}'
