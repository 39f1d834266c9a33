"""Which workflows send a template."""

from suprsend_hub.store.database import Connection


async def list_workflows_with(connection: Connection, workspace_id: int, template_slug: str, limit: int) -> list[str]:
    """The slugs of workflows that send a template, as they are live or in their drafts."""
    names = "jsonb_path_exists({0}::jsonb, '$.**.template ? (@ == $slug)', jsonb_build_object('slug', $2::text))"
    rows = await connection.fetch(
        "select w.slug from workflow w left join workflow_version v on v.id = w.live_version_id"  # noqa: S608 - constant
        " where w.workspace_id = $1 and w.deleted_at is null"
        f" and ({names.format('w.draft')} or {names.format('v.definition')}) order by w.slug limit $3",
        workspace_id,
        template_slug,
        limit,
    )
    return [row["slug"] for row in rows]
