"""The address of a database as programs and people get it: without its password."""

from __future__ import annotations

import os
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gridmap.errors import StoreError

_SECRET = ("password", "sslpassword")


def without_password(url: str) -> str:
    """The address without what nobody should read over a shoulder."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    pairs = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in _SECRET]
    query = urlencode(pairs, quote_via=quote, safe="")
    return parts._replace(netloc=user.partition(":")[0] + at + place, query=query).geturl()


def for_program(url: str) -> tuple[str, dict[str, str]]:
    """What ``pg_dump``, ``pg_restore`` or ``psql`` gets: an address for its command line, and its environment.

    The password goes by the environment, since everybody on the machine can read command lines.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``.

    Returns
    -------
    tuple of str and dict
        Connection string without password, and the variables of this process with ``PGPASSWORD`` added.

    Raises
    ------
    StoreError
        If it is no address, or names the pass phrase of a key, which these programs take on the command line only.
    """
    scheme, colon, rest = url.partition("://")
    try:
        # The text of the error would repeat the address, password included.
        parameters = conninfo_to_dict(scheme.partition("+")[0] + colon + rest)
    except psycopg.ProgrammingError:
        parameters = {}
    if scheme.partition("+")[0] not in ("postgresql", "postgres") or not parameters:
        raise StoreError(
            "GRIDMAP_DATABASE_URL is no address of a PostgreSQL database; "
            "it reads postgresql://user:password@host:5432/database",
            "GRIDMAP_DATABASE_URL 不是 PostgreSQL 数据库地址；应写成 postgresql://用户:密码@主机:5432/数据库名。",
        ) from None
    if "sslpassword" in parameters:
        raise StoreError(
            "GRIDMAP_DATABASE_URL names the pass phrase of a key (sslpassword), which could be read on the command "
            "line of pg_dump; use a key without one, readable by this user alone",
            "GRIDMAP_DATABASE_URL 含有密钥口令（sslpassword），会出现在 pg_dump 的命令行中；"
            "请改用无口令、仅当前用户可读的密钥。",
        )
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    password = parameters.pop("password", None)
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **parameters), environment
