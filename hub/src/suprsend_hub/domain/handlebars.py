"""Handlebars as templates use it here: no fault without a name, no text without an end.

The parser and the interpreter are pydantic-handlebars'. This module adds what templates from strangers need: a limit
on work and on output, numbers and lists written as JavaScript writes them, and a complaint where a helper is unknown.
With `handlebars_lines` it alone knows the library's inner modules; that is why the library is pinned to one minor
version.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from inspect import signature
from typing import Any

from pydantic_handlebars import HandlebarsError, HandlebarsRuntimeError, HelperOptions, SafeString
from pydantic_handlebars._ast_nodes import (
    BlockStatement,
    ContentStatement,
    Expression,
    MustacheStatement,
    PathExpression,
    Program,
    Statement,
    SubExpression,
)
from pydantic_handlebars._compiler import Compiler, HelperFunc, Scope, _apply_body_strip, _apply_inverse_strip
from pydantic_handlebars._helpers import get_standard_helpers
from pydantic_handlebars._parser import parse
from pydantic_handlebars._utils import is_falsy

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.handlebars_lines import drop_tag_lines
from suprsend_hub.domain.template_helpers import BLOCK_HELPERS, HELPERS, TIMED_HELPERS, HelperFailed
from suprsend_hub.domain.template_values import write_text

# What one field may grow to, in characters, and how many blocks and turns of loops it may take.
MOST_CHARACTERS = 1_000_000
MOST_STEPS = 100_000

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "`": "&#x60;", "=": "&#x3D;"}
)
_NOW = "_now"

Helper = Callable[..., Any]


class Fault(Exception):
    """A template that can't be compiled, or can't be rendered with this data; the text says why."""


class Template:
    """One compiled text."""

    def __init__(self, source: str, *, escaped: bool) -> None:
        try:
            self._program = parse(source)
        except HandlebarsError as fault:
            raise Fault(str(fault)) from None
        except RecursionError:
            raise Fault("nests too deeply") from None
        _check_helpers(self._program)
        drop_tag_lines(self._program)
        self._escaped = escaped
        # A `~` that is only text makes it slower, not wrong.
        self._trims = "~" in source

    def render(self, context: Document, now: datetime) -> str:
        """The text for this data; Fault where a helper refuses its values or a limit is passed."""
        try:
            return _Interpreter(escaped=self._escaped, trims=self._trims).run(self._program, context, now)
        except (HandlebarsError, HelperFailed) as fault:
            raise Fault(str(fault)) from None
        except RecursionError:
            raise Fault("nests too deeply") from None


class _Interpreter(Compiler):
    """One rendering."""

    def __init__(self, *, escaped: bool, trims: bool) -> None:
        self._trims = trims
        super().__init__(helpers=_HELPERS, auto_escape=escaped, max_output_size=MOST_CHARACTERS)
        self._steps_left = MOST_STEPS

    def run(self, program: Program, context: Document, now: datetime) -> str:
        return self._render_program(program, Scope(context, data={_NOW: now, "root": context}))

    def _render_program(self, program: Program, scope: Scope) -> str:
        self._steps_left -= 1
        if self._steps_left < 0:
            raise HandlebarsRuntimeError(f"loops more than {MOST_STEPS} times")
        return super()._render_program(program, scope)

    def _render_statement(self, stmt: Statement, scope: Scope) -> str:
        # Every second statement is text; the library asks for each kind in turn.
        return stmt.value if type(stmt) is ContentStatement else super()._render_statement(stmt, scope)

    def _eval_expression(self, expr: Expression, scope: Scope) -> object:
        # Most are paths, which the library looks for last.
        if type(expr) is PathExpression:
            return self._resolve_path(expr, scope)
        return super()._eval_expression(expr, scope)

    def _call_block_helper(self, name: str, stmt: BlockStatement, scope: Scope) -> str:
        # What shows is known without the two functions that other helpers choose by.
        if name not in ("if", "unless") or len(stmt.params) != 1:
            return super()._call_block_helper(name, stmt, scope)
        if is_falsy(self._eval_expression(stmt.params[0], scope)) == (name == "if"):
            return self._render_otherwise(stmt, scope)
        return _apply_body_strip(stmt, self._render_program(stmt.body, scope.child(scope.context)))

    def _render_otherwise(self, stmt: BlockStatement, scope: Scope) -> str:
        if stmt.inverse is None:
            return ""
        first = stmt.inverse.body[0] if stmt.inverse.body else None
        if isinstance(first, BlockStatement) and first.chained:
            shown = self._render_block(first, scope)
        else:
            shown = self._render_program(stmt.inverse, scope.child(scope.context))
        return _apply_inverse_strip(stmt, shown)

    def _apply_whitespace_control(self, body: list[Statement], parts: list[str]) -> str:
        # Few templates have a `~`, and each part would be asked for it in each rendering.
        return super()._apply_whitespace_control(body, parts) if self._trims else "".join(parts)

    def _render_mustache(self, stmt: MustacheStatement, scope: Scope) -> str:
        value = self._value(stmt, scope)
        text = write_text(value)
        if self._auto_escape and stmt.escaped and not isinstance(value, SafeString):
            return text.translate(_ESCAPES)
        return text

    def _value(self, stmt: MustacheStatement, scope: Scope) -> object:
        name = _helper_name(stmt.path)
        # A bare name is data even if a helper has it too: every helper here needs values.
        if name is None or name not in self._helpers or not (stmt.params or stmt.hash_pairs):
            return self._eval_expression(stmt.path, scope)
        named = {key: self._eval_expression(value, scope) for key, value in stmt.hash_pairs.items()}
        values = [self._eval_expression(each, scope) for each in stmt.params]
        options = HelperOptions(hash=named, data=scope.data)
        result: object = self._helpers[name](*values, options=options)
        return result


def _helper_name(path: Expression) -> str | None:
    """The name by which an expression would call a helper; None where it can only be a path."""
    if isinstance(path, PathExpression) and not path.data and not path.depth and not path.is_this:
        return path.original if len(path.parts) == 1 else None
    return None


def _check_helpers(program: Program) -> None:
    """Refuse calls of helpers that don't exist: the interpreter would print nothing in their place."""
    for statement in program.body:
        match statement:
            case MustacheStatement(path=path, params=params, hash_pairs=named):
                _check_call(path, params, named)
            case BlockStatement(path=path, params=params, hash_pairs=named, body=body, inverse=inverse):
                _check_call(path, params, named)
                _check_helpers(body)
                if inverse is not None:
                    _check_helpers(inverse)
            case _:
                pass


def _check_call(path: Expression, params: list[Expression], named: Mapping[str, Expression]) -> None:
    inner = [each for each in (path, *params, *named.values()) if isinstance(each, SubExpression)]
    for call in inner:
        if call.path.original not in _HELPERS:
            raise Fault(f"there is no helper {call.path.original!r}")
        _check_call(call.path, call.params, call.hash_pairs)
    if (params or named) and isinstance(path, PathExpression) and path.original not in _HELPERS:
        raise Fault(f"there is no helper {path.original!r}")


def _plain(name: str, function: Callable[..., object]) -> Helper:
    """A helper from a function of its values alone."""
    parameters = signature(function).parameters.values()
    positional = [each for each in parameters if each.kind is not each.KEYWORD_ONLY]
    fewest, most = sum(each.default is each.empty for each in positional), len(positional)

    def call(*values: object, options: HelperOptions) -> object:
        if not fewest <= len(values) <= most:
            raise HelperFailed(f"{name} takes {_count(fewest, most)}, not {len(values)}")
        try:
            return function(*values)
        except HelperFailed as fault:
            raise HelperFailed(f"{name}: {fault}") from None

    return call


def _timed(name: str, function: Callable[..., object]) -> Helper:
    """A helper whose function takes the time of rendering after the values."""

    def call(*values: object, options: HelperOptions) -> object:
        return _plain(name, partial(function, now=options.data[_NOW]))(*values, options=options)

    return call


def _choosing(name: str, function: Callable[..., bool]) -> Helper:
    """A block helper that renders one of its two parts."""
    judge = _plain(name, function)

    def call(context: object, *values: object, options: HelperOptions) -> str:
        return options.fn(context) if judge(*values, options=options) else options.inverse(context)

    return call


def _count(fewest: int, most: int) -> str:
    return f"{fewest} values" if fewest == most else f"{fewest} or {most} values"


def _each(*values: object, options: HelperOptions) -> object:
    """`each`, in which nothing is nothing: the library would put the surroundings in its place."""
    each = _STANDARD_HELPERS["each"]
    match values:
        case [context, list(items), *_]:
            return each(context, [_NOTHING if item is None else item for item in items], options=options)
        case [context, dict(named), *_]:
            filled = {key: _NOTHING if item is None else item for key, item in named.items()}
            return each(context, filled, options=options)
        case [context, *_]:
            return each(context, None, options=options)
        case _:
            return ""


def _ignore(*_values: object, options: HelperOptions) -> str:
    """`log` has nobody to talk to here."""
    return ""


_NOTHING = SafeString("")
_STANDARD_HELPERS = get_standard_helpers()

_HELPERS: dict[str, HelperFunc] = {
    **_STANDARD_HELPERS,
    "each": _each,
    "log": _ignore,
    **{name: _plain(name, function) for name, function in HELPERS.items()},
    **{name: _timed(name, function) for name, function in TIMED_HELPERS.items()},
    **{name: _choosing(name, function) for name, function in BLOCK_HELPERS.items()},
}
