"""What the database refuses, in one sentence of both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gridmap.errors import GridmapError, InvalidInput, InvalidPlan, StoreError


class Sentence(NamedTuple):
    """A sentence with places for ``{why}`` (the database's own words) and ``{detail}``."""

    en: str
    zh: str
    kind: type[GridmapError] = StoreError


#: SQLSTATE, or the class of one (its first two letters) → the sentence. GM… are raised by our own triggers.
_SENTENCES: Final[dict[str, Sentence]] = {
    "GM001": Sentence(
        "the plan changed while it was being saved ({why}); nothing was stored, save again",
        "保存时方案已变动（{why}）；未作任何保存，请重试。",
    ),
    "GM002": Sentence(
        "the plan changed while it was being saved ({why}); nothing was stored, save again",
        "保存时方案已变动（{why}）；未作任何保存，请重试。",
    ),
    "GM003": Sentence(
        "what was stored is never changed or taken away ({detail}); "
        "save a new version, a new survey or new records instead",
        "已存数据不可修改或删除（{detail}）；请另存新版本、新的单元数据或新的记录。",
    ),
    "GM004": Sentence(
        "grid code {detail} is retired and can never be used again; choose another code",
        "网格编号 {detail} 已停用，不得再次使用；请换一个编号。",
        InvalidPlan,
    ),
    "GM005": Sentence("{why}", "方案状态不允许此操作：{why}。", InvalidPlan),
    "42501": Sentence(
        "this user has no right to do that ({why}); ask the owner of the database for the role gridmap_planner, "
        "or gridmap_owner to bring plans into force",
        "当前用户没有此项权限（{why}）；请向数据库管理员申请 gridmap_planner 角色，方案生效需要 gridmap_owner 角色。",
    ),
    "42P01": Sentence(
        "the database has no tables of gridmap, or not all ({why}); run: gridmap db upgrade",
        "数据库中没有或缺少 gridmap 的表（{why}）；请运行 gridmap db upgrade。",
    ),
    "53100": Sentence(
        "the disk of the database is full; nothing was stored, make room and try again",
        "数据库所在磁盘已满；未作任何保存，请腾出空间后重试。",
    ),
    "53": Sentence(
        "the database has no room for that ({why}); nothing was stored, try again later",
        "数据库资源不足（{why}）；未作任何保存，请稍后重试。",
    ),
    "23514": Sentence(
        "the database refused values that break a rule ({detail}); nothing was stored",
        "数据不符合数据库约束（{detail}）；未作任何保存。",
    ),
    "23": Sentence(
        "the database refused values that do not fit together ({detail}); nothing was stored",
        "数据相互不符，数据库已拒绝（{detail}）；未作任何保存。",
    ),
    "40": Sentence(
        "somebody else saved at the same moment ({why}); nothing was stored, repeating the same step is harmless",
        "与他人同时保存（{why}）；未作任何保存，重复同一步操作是安全的。",
    ),
    "28": Sentence(
        "the database does not let this user in; check user and password in GRIDMAP_DATABASE_URL",
        "数据库拒绝登录；请检查 GRIDMAP_DATABASE_URL 中的用户和密码。",
    ),
    "3D000": Sentence(
        "there is no such database ({why}); make it first, or correct GRIDMAP_DATABASE_URL",
        "没有这个数据库（{why}）；请先建立，或更正 GRIDMAP_DATABASE_URL。",
    ),
}
#: Name of a constraint → the sentence, where somebody else was quicker by a moment than our own look before.
_CONSTRAINTS: Final[dict[str, Sentence]] = {
    "plan_name_key": Sentence(
        "somebody stored a plan of that name at this moment; nothing was stored, give another name, "
        "or save onto that plan (--into)",
        "同名方案刚刚已被他人存入；未作任何保存，请另取名称，或用 --into 存为该方案的新版本。",
        InvalidInput,
    ),
    "issue_id_key": Sentence(
        "somebody reported an issue of that id at this moment; nothing was stored, repeating the same step is harmless",
        "同一编号的问题刚刚已被他人上报；未作任何保存，重复同一步操作是安全的。",
    ),
}
#: Name of a table that not everybody may use → the sentence.
_CLOSED: Final[dict[str, Sentence]] = {
    "person": Sentence(
        "this user has no right to do that ({why}): names and telephone numbers are kept apart, also in a backup; "
        "ask the owner of the database for the role gridmap_personal",
        "当前用户没有此项权限（{why}）：姓名和电话单独保管，备份也包含在内；"
        "请向数据库管理员申请 gridmap_personal 角色。",
    ),
    "erasure": Sentence(
        "this user has no right to do that ({why}): only members of gridmap_owner erase personal data",
        "当前用户没有此项权限（{why}）：只有 gridmap_owner 角色的成员可以删除个人信息。",
    ),
    "redaction": Sentence(
        "this user has no right to do that ({why}): only members of gridmap_owner take texts out of issues",
        "当前用户没有此项权限（{why}）：只有 gridmap_owner 角色的成员可以删除问题的文字。",
    ),
}
_UNREACHABLE: Final = Sentence(
    "the database cannot be reached ({why}); is it running, and is GRIDMAP_DATABASE_URL right? "
    "For the embedded one: gridmap db start",
    "无法连接数据库（{why}）；请确认其正在运行、GRIDMAP_DATABASE_URL 正确；内置数据库请运行 gridmap db start。",
)
_LOST: Final = Sentence(
    "the connection to the database was lost ({why}); nothing half-stored is left, repeating the same step is harmless",
    "与数据库的连接中断（{why}）；没有留下存了一半的数据，重复同一步操作是安全的。",
)
_OTHER: Final = Sentence("the database refused: {why}", "数据库拒绝了操作：{why}。")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the database says into one sentence.

    Raises
    ------
    StoreError
        If the database cannot be reached, refuses, or goes away meanwhile.
    InvalidPlan
        If a rule of plans that the database holds would be broken.
    InvalidInput
        If the name of a plan was taken at the same moment.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise _raised(_UNREACHABLE, "no connection is free", "") from error
    except (DBAPIError, PendingRollbackError) as error:
        cause = getattr(error, "orig", None)
        raise _refusal(
            cause if isinstance(cause, psycopg.Error) else error, is_connecting=_is_connecting(error)
        ) from error
    except psycopg.Error as error:
        raise _refusal(error, is_connecting=False) from error


def state_of(error: BaseException) -> str:
    """The SQLSTATE of an error, "" where it has none."""
    cause = getattr(error, "orig", error)
    return str(getattr(cause, "sqlstate", None) or "")


def _is_connecting(error: Exception) -> bool:
    """Whether there was no connection yet; one that is lost while it commits has no statement either."""
    is_of_connection = isinstance(error, OperationalError | InterfaceError) and error.statement is None
    return is_of_connection and not error.connection_invalidated  # type: ignore[attr-defined]


def _refusal(error: BaseException, *, is_connecting: bool) -> GridmapError:
    state = state_of(error)
    diagnosis = getattr(error, "diag", None)
    why = getattr(diagnosis, "message_primary", None) or _one_line(error)
    detail = getattr(diagnosis, "constraint_name", None) or getattr(diagnosis, "message_detail", None) or why
    if state.startswith(("57P", "08")):
        return _raised(_LOST, why, detail)
    if not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | PendingRollbackError):
        return _raised(_while_connecting(why) if is_connecting else _LOST, why, detail)
    closed = re.fullmatch(r"permission denied for table (\w+)", why) if state == "42501" else None
    if closed is not None and closed[1] in _CLOSED:
        return _raised(_CLOSED[closed[1]], why, detail)
    sentence = _CONSTRAINTS.get(detail) or _SENTENCES.get(state) or _SENTENCES.get(state[:2]) or _OTHER
    return _raised(sentence, why, detail)


def _while_connecting(why: str) -> Sentence:
    """libpq gives no SQLSTATE for a refused connection: its words tell the cases apart."""
    if re.search(r"password|authentication|no pg_hba|role .* does not exist", why):
        return _SENTENCES["28"]
    if re.search(r"database .* does not exist", why):
        return _SENTENCES["3D000"]
    return _UNREACHABLE


def _raised(sentence: Sentence, why: str, detail: str) -> GridmapError:
    return sentence.kind(sentence.en.format(why=why, detail=detail), sentence.zh.format(why=why, detail=detail))


def _one_line(error: BaseException) -> str:
    """The last line of an error's text, without passwords: libpq names hosts and users, never those."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("(Background")]
    return lines[0] if lines else type(error).__name__
