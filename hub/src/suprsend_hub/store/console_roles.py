"""What people who use the console may do in single workspaces, beside what they may do in all."""

from dataclasses import dataclass

from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Connection
from suprsend_hub.store.workspaces import WorkspaceName


@dataclass(frozen=True, slots=True)
class WorkspaceRole:
    """What somebody may do in one workspace."""

    user_id: int
    workspace: str
    role: Role


async def find_workspace_role(
    connection: Connection, user_id: int, name: str
) -> tuple[WorkspaceName, Role | None] | None:
    """The workspace of that name, and what somebody may do there that they may not do everywhere."""
    row = await connection.fetchrow(
        "select w.id, w.name, r.role from workspace w left join console_user_workspace r"
        " on r.workspace_id = w.id and r.console_user_id = $2 where w.name = $1",
        name,
        user_id,
    )
    return (WorkspaceName(row["id"], row["name"]), row["role"]) if row else None


async def list_workspaces_of(connection: Connection, user_id: int, limit: int = 1000) -> list[WorkspaceName]:
    """The workspaces in which somebody has a role of their own there, by name."""
    rows = await connection.fetch(
        "select w.id, w.name from console_user_workspace r join workspace w on w.id = r.workspace_id"
        " where r.console_user_id = $1 order by w.name limit $2",
        user_id,
        limit,
    )
    return [WorkspaceName(**row) for row in rows]


async def list_workspace_roles(
    connection: Connection, user_id: int | None = None, limit: int = 10_000
) -> list[WorkspaceRole]:
    """What somebody, or everybody, may do in single workspaces, by the workspaces' names."""
    rows = await connection.fetch(
        "select r.console_user_id as user_id, w.name as workspace, r.role from console_user_workspace r"
        " join workspace w on w.id = r.workspace_id where $1::bigint is null or r.console_user_id = $1"
        " order by w.name, r.console_user_id limit $2",
        user_id,
        limit,
    )
    return [WorkspaceRole(**row) for row in rows]


async def put_workspace_role(connection: Connection, user_id: int, workspace_id: int, role: Role | None) -> bool:
    """Let somebody do this in a workspace, or no more than everywhere; False where that changes nothing."""
    if role is None:
        done = await connection.execute(
            "delete from console_user_workspace where console_user_id = $1 and workspace_id = $2",
            user_id,
            workspace_id,
        )
        return done == "DELETE 1"
    done = await connection.execute(
        "insert into console_user_workspace as r (console_user_id, workspace_id, role) values ($1, $2, $3)"
        " on conflict (console_user_id, workspace_id) do update set role = excluded.role"
        " where r.role <> excluded.role",
        user_id,
        workspace_id,
        role,
    )
    return done == "INSERT 0 1"
