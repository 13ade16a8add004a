"""A sentence in both languages of the program, and words that several sentences need."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Text(NamedTuple):
    """One sentence in Chinese and in English.

    Attributes
    ----------
    zh, en : str
        The same statement; neither is a gloss of the other.
    """

    zh: str
    en: str

    def in_language(self, lang: Language) -> str:
        """The sentence in the language that was asked for."""
        return self.zh if lang == "zh" else self.en


def counted(n: int, noun: str) -> str:
    """A number and what is counted, for a sentence in English: ``1 issue``, ``1,250 issues``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def why_unreadable(error: OSError | UnicodeDecodeError) -> Text:
    """Why a text file cannot be read, after its name and a colon."""
    if isinstance(error, UnicodeDecodeError):
        return Text("不是 UTF-8 文本，请另存为 UTF-8", "is not UTF-8 text; save it as UTF-8")
    if isinstance(error, FileNotFoundError):
        return Text("没有这个文件", "there is no such file")
    if isinstance(error, IsADirectoryError):
        return Text("是文件夹，不是文件", "is a folder, not a file")
    if isinstance(error, PermissionError):
        return Text("没有读取权限", "may not be read by this user")
    return Text(f"无法读取（错误号 {error.errno}）", f"cannot be read ({error.strerror})")
