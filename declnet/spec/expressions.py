"""Evaluate what stands between ``${`` and ``}``: names, numbers and arithmetic, and nothing else."""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable
from typing import Any

from declnet.wording import shown

LENGTH = 200
BITS = 64
TEXT = 10_000

# "$${" stands for "${" itself.
PART = re.compile(r"\$\$\{|\$\{(?P<expression>[^{}]*)\}|\$\{")

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


class ExpressionError(Exception):
    """An expression is wrong; ``facts`` go into its Diagnostic."""

    def __init__(self, message: str, *, code: str = "DN1201", **facts: Any):
        super().__init__(message)
        self.code, self.facts = code, facts


def interpolate(text: str, value_of: Callable[[str], Any]) -> Any:
    """*text* with its expressions replaced; a text that is one expression gives that expression's value.

    Args:
        value_of: gives the value of a name; raises ExpressionError for one that is unknown.

    Raises:
        ExpressionError: an expression is wrong, or a list or an object would become part of a string.
    """
    whole = PART.fullmatch(text)
    if whole and whole["expression"] is not None:
        return evaluate(whole["expression"], value_of)

    def replace(match: re.Match) -> str:
        if match[0] == "$${":
            return "${"
        if match["expression"] is None:
            raise ExpressionError("'${' without its '}'", found=shown(text), hint="write $${ for the two characters ${")
        value = evaluate(match["expression"], value_of)
        if isinstance(value, dict | list) or value is None:
            raise ExpressionError(
                "only a string or a number can become part of a string",
                found=f"{match[0]} is {shown(value)}",
                allowed="a string, a number, or ${...} alone",
            )
        return shown(value) if isinstance(value, bool) else str(value)

    result = PART.sub(replace, text)
    if len(result) > TEXT:
        raise ExpressionError(
            "the string grows too long", found=f"{len(result)} characters", allowed=f"{TEXT} characters"
        )
    return result


def evaluate(expression: str, value_of: Callable[[str], Any]) -> Any:
    """The value of an expression; a name alone may stand for any value, arithmetic is for numbers.

    An integer stays an integer: ``8 / 2`` is 4, ``7 / 2`` is 3.5.

    Raises:
        ExpressionError: it is no arithmetic, or has no finite and bounded value.
    """
    text = expression.strip()
    if len(text) > LENGTH:
        raise ExpressionError(
            "the expression is too long", found=f"{len(text)} characters", allowed=f"{LENGTH} characters"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _not_arithmetic(text) from None
    if isinstance(tree, ast.Name):
        return value_of(tree.id)
    try:
        return _number(tree, value_of)
    except ZeroDivisionError:
        raise ExpressionError("division by zero", found=f"${{{text}}}") from None
    except (OverflowError, ValueError):
        raise ExpressionError("the result is too large", found=f"${{{text}}}", allowed=f"{BITS} bits") from None


def _number(node: ast.AST, value_of: Callable[[str], Any]) -> int | float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return _bounded(node.value)
    if isinstance(node, ast.Name):
        value = value_of(node.id)
        if type(value) not in (int, float):
            raise ExpressionError(f"{node.id!r} is no number", found=f"{node.id} = {shown(value)}", allowed="a number")
        return value
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_number(node.operand, value_of))
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return _binary(type(node.op), _number(node.left, value_of), _number(node.right, value_of))
    raise _not_arithmetic(ast.unparse(node))


def _binary(kind: type[ast.AST], left: int | float, right: int | float) -> int | float:
    if isinstance(left, int) and isinstance(right, int):
        if kind is ast.Div and right and left % right == 0:
            return left // right
        if kind is ast.Pow and right > 0 and abs(left) > 1 and right * (abs(left).bit_length() - 1) > BITS:
            raise OverflowError
    return _bounded(OPERATORS[kind](left, right))


def _bounded(value: Any) -> int | float:
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError
    if isinstance(value, int) and value.bit_length() > BITS:
        raise OverflowError
    return value


def _not_arithmetic(text: str) -> ExpressionError:
    allowed = "numbers, names of variables, + - * / // % ** and parentheses"
    return ExpressionError("this is no arithmetic", found=shown(text), allowed=allowed)
