"""Lines that hold nothing but a tag leave no line behind, as in handlebars.js; the library leaves them empty."""

import re
from collections.abc import Sequence

from pydantic_handlebars._ast_nodes import BlockStatement, CommentStatement, ContentStatement, Program, Statement

_LINE_BEGINS = re.compile(r"(^|\r?\n)[ \t]*\Z")
_LINE_ENDS = re.compile(r"[ \t]*(\r?\n|\Z)")
_INDENT = re.compile(r"[ \t]+\Z")
_REST_OF_LINE = re.compile(r"[ \t]*\r?\n?")


def drop_tag_lines(program: Program, *, is_root: bool = True) -> None:
    """Take the white space around tags that stand alone on their line out of a parsed template."""
    body = program.body
    for index, statement in enumerate(body):
        if isinstance(statement, BlockStatement):
            _drop_around_block(statement, body, index, is_root)
        elif isinstance(statement, CommentStatement) and _is_alone(body, index, is_root):
            _trim_before(body, index)
            _trim_after(body, index)


def _drop_around_block(block: BlockStatement, around: Sequence[Statement], index: int, is_root: bool) -> None:
    drop_tag_lines(block.body, is_root=False)
    if block.inverse is not None:
        drop_tag_lines(block.inverse, is_root=False)
        first = _first_part(block.inverse)
        if _begins_line(block.body.body, len(block.body.body)) and _ends_line(first, -1):
            _trim_before(block.body.body, len(block.body.body))
            _trim_after(first, -1)
    if _begins_line(around, index, is_root) and _ends_line(block.body.body, -1):
        _trim_before(around, index)
        _trim_after(block.body.body, -1)
    last = _last_part(block)
    if _begins_line(last, len(last)) and _ends_line(around, index, is_root):
        _trim_before(last, len(last))
        _trim_after(around, index)


def _first_part(inverse: Program) -> Sequence[Statement]:
    """What stands behind the first `else`; that of an `else if` is in a block of its own."""
    inner = inverse.body[0] if inverse.body else None
    return inner.body.body if isinstance(inner, BlockStatement) and inner.chained else inverse.body


def _last_part(block: BlockStatement) -> Sequence[Statement]:
    """What stands before the closing tag."""
    while block.inverse is not None:
        inner = block.inverse.body[0] if block.inverse.body else None
        if not (isinstance(inner, BlockStatement) and inner.chained):
            return block.inverse.body
        block = inner
    return block.body.body


def _is_alone(body: Sequence[Statement], index: int, is_root: bool) -> bool:
    """Whether nothing but white space stands on the line around `body[index]`."""
    return _begins_line(body, index, is_root) and _ends_line(body, index, is_root)


def _begins_line(body: Sequence[Statement], index: int, is_root: bool = False) -> bool:
    """Whether nothing but white space stands on the line before `body[index]`."""
    if index == 0:
        return is_root
    before = body[index - 1]
    if not isinstance(before, ContentStatement):
        return False
    found = _LINE_BEGINS.search(before.original)
    return found is not None and (found[1] != "" or (is_root and index == 1))


def _ends_line(body: Sequence[Statement], index: int, is_root: bool = False) -> bool:
    """Whether nothing but white space stands on the line behind `body[index]`."""
    if index + 1 == len(body):
        return is_root
    behind = body[index + 1]
    if not isinstance(behind, ContentStatement):
        return False
    found = _LINE_ENDS.match(behind.original)
    return found is not None and (found[1] != "" or (is_root and index + 2 == len(body)))


def _trim_before(body: Sequence[Statement], index: int) -> None:
    before = body[index - 1] if index else None
    if isinstance(before, ContentStatement):
        before.value = _INDENT.sub("", before.value)


def _trim_after(body: Sequence[Statement], index: int) -> None:
    behind = body[index + 1] if index + 1 < len(body) else None
    if isinstance(behind, ContentStatement):
        behind.value = _REST_OF_LINE.sub("", behind.value, count=1)
