"""The headline figures, each with what it is held against, and the sentence that says what matters most."""

from __future__ import annotations

import re
from typing import Any, Final

import pandas as pd

from gridmap.maps.grids import GridFacts
from gridmap.maps.words import KINDS, KINDS_COUNTED, fill
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.rules import Profile, Rules
from gridmap.model.text import Language

#: Endings that all residential areas share and that crowd a map.
_SUFFIX: Final = re.compile(r"(居民区|社区|居委会|居民委员会|村委会|村民委员会)?(筹建组)?$")
#: What is shown where a value is not known.
NOT_KNOWN = "—"


def headline(plan: Plan, report: Report, facts: list[GridFacts], lang: Language) -> list[dict[str, str]]:
    """Five figures: jurisdictions, grids, households, share within the band, exceptions."""
    table = plan.units.jurisdictions
    judged = [f for f in facts if f.is_kept is not None]
    kept = sum(bool(f.is_kept) for f in judged)
    total = int(plan.households_of_grid.sum())
    is_rounded = any(f.is_hidden for f in facts)  # an exact total less the counts that are shown would tell the hidden
    total = round(total, -2) if is_rounded else total
    excepted = len({e.grid for e in plan.exceptions})
    per_jurisdiction = plan.n_grids / len(table) if len(table) else 0.0
    has_households = plan.units.has_households
    mean = f"{total / plan.n_grids:,.0f}" if plan.n_grids else NOT_KNOWN
    return [
        figure("jurisdictions", f"{len(table):,}", "unit_places", _kinds(table, lang), lang),
        figure(
            "grids", f"{plan.n_grids:,}", "unit_places", fill("grids_note", lang, mean=f"{per_jurisdiction:.1f}"), lang
        ),
        figure(
            "households",
            f"{'≈' if is_rounded else ''}{total:,}" if has_households else NOT_KNOWN,
            "unit_households" if has_households else "",
            fill("households_note", lang, mean=mean) if has_households else fill("unknown_note", lang),
            lang,
        ),
        figure(
            "kept",
            f"{100 * kept / len(judged):.1f}" if judged else NOT_KNOWN,
            "unit_percent" if judged else "",
            fill("kept_note", lang, n=f"{kept:,}", of=f"{len(judged):,}", band=_bands(facts, lang)),
            lang,
        ),
        figure(
            "exceptions",
            f"{excepted:,}",
            "unit_places",
            _exceptions_note(excepted, len(report.broken), lang),
            lang,
        )
        | {"level": "bad" if len(report.broken) else "good"},
    ]


def _exceptions_note(excepted: int, broken: int, lang: Language) -> str:
    first = fill("exceptions_named" if excepted else "exceptions_none", lang)
    return (
        first + "\n" + (fill("exceptions_broken", lang, n=f"{broken:,}") if broken else fill("exceptions_kept", lang))
    )


def figure(key: str, value: str, unit: str, note: str, lang: Language) -> dict[str, str]:
    """One figure: what it counts, its value with unit, and what it is held against."""
    return {
        "key": key,
        "label": fill(key, lang),
        "value": value,
        "unit": fill(unit, lang) if unit else "",
        "note": note,
        "level": "",
    }


def _kinds(table: pd.DataFrame, lang: Language) -> str:
    counted = table["kind"].value_counts()
    parts = [
        f"1 {KINDS[k].en.lower()}"
        if lang == "en" and counted[k] == 1
        else t.in_language(lang).replace("{n}", f"{counted[k]}")
        for k, t in KINDS_COUNTED.items()
        if k in counted
    ]
    return ("、" if lang == "zh" else ", ").join(parts)


def _bands(facts: list[GridFacts], lang: Language) -> str:
    profiles: dict[Profile, None] = dict.fromkeys(f.profile for f in facts if f.kind != "dedicated")
    ordered = sorted(profiles, key=lambda p: p.counted)
    texts = dict.fromkeys(fill(f"band_{p.counted}", lang, a=p.lower, b=p.upper) for p in ordered)
    return ("、" if lang == "zh" else " or ").join(texts)


def sentence(plan: Plan, report: Report, rules: Rules, lang: Language) -> dict[str, str]:
    """What matters most now: broken rules before exceptions before praise."""
    broken = report.broken
    excepted = len({e.grid for e in plan.exceptions})
    if len(broken):
        grids = int((broken["grid"].drop_duplicates() != "").sum())
        return {"level": "bad", "text": fill("broken", lang, n=len(broken), grids=grids)}
    if excepted:
        return {"level": "good", "text": fill("kept_but", lang, n=excepted)}
    return {"level": "good", "text": fill("all_kept", lang, n=plan.n_grids, rules=rules.title.in_language(lang))}


def map_label(name: str) -> str:
    """The name of a jurisdiction as it stands on the map: without the words that its colour or place says."""
    return _SUFFIX.sub("", name) or name


def jurisdiction_rows(plan: Plan, facts: list[GridFacts]) -> list[dict[str, Any]]:
    """One row a jurisdiction: code, name, kind, grids, households (None if not known), judged, kept."""
    table = plan.units.jurisdictions
    rows: list[dict[str, Any]] = [
        {
            "code": str(code),
            "name": name,
            "label": map_label(name),
            "kind": kind,
            "grids": 0,
            "hh": 0,
            "judged": 0,
            "kept": 0,
        }
        for code, name, kind in zip(table.index, table["name"], table["kind"], strict=True)
    ]
    for fact in facts:
        row = rows[fact.jurisdiction]
        row["grids"] += 1
        row["judged"] += fact.is_kept is not None
        row["kept"] += bool(fact.is_kept)
        row["hh"] = None if row["hh"] is None or fact.households is None else row["hh"] + fact.households
    return rows


def about(plan: Plan, report: Report, rules: Rules, facts: dict[str, str], lang: Language) -> list[tuple[str, str]]:
    """The foot of the map: source, day of the data, plan, rules, seed, catalogue; `facts` come from the caller."""
    known = {
        "source": facts.get("source") or fill("source_unknown", lang),
        "date": facts.get("date") or fill("source_unknown", lang),
        "plan": " ".join(v for v in (facts.get("plan", ""), plan.fingerprint[:8]) if v),
        "rules": rules.name if rules.name == report.rules_name else f"{rules.name} ({report.rules_name})",
    }
    known |= {"seed": facts["seed"]} if facts.get("seed") else {}
    extra = [(k, v) for k, v in facts.items() if k not in ("source", "date", "plan", "seed")]
    return [(fill(k, lang), v) for k, v in known.items()] + extra
