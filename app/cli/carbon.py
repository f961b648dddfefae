"""`passport carbon`: what activity data comes to, and the sets of emission factors that it refers to."""

import argparse
import json
import sys
from collections.abc import Mapping

from app.cli import opened
from app.core import carbon, carbon_activity, carbon_factors, carbon_report, intake, json_strict
from app.core.carbon import Footprint
from app.core.carbon_activity import Activity
from app.core.carbon_factors import FactorSet
from app.core.errors import MalformedInput, NotConfigured, TooLarge
from app.services import carbon as sets


def add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """The verbs and their options."""
    group = verbs.add_parser("carbon", help="carbon footprint and emission factors").add_subparsers(
        metavar="VERB", required=True
    )
    calculate = group.add_parser(
        "calculate", help="work out a footprint from activity data; needs no installation"
    )
    calculate.add_argument(
        "file", metavar="FILE", help="a record of kind carbon-activity, or its details; - for stdin"
    )
    calculate.add_argument(
        "--factors",
        metavar="FILE",
        help="a set of factors as JSON (else the sets that come with the product)",
    )
    calculate.add_argument("--json", action="store_true", help="the result with every term")
    calculate.set_defaults(run=run_calculate)

    factors = group.add_parser("factors", help="sets of emission factors").add_subparsers(
        metavar="VERB", required=True
    )
    taken = factors.add_parser("import", parents=[shared], help="keep a set for good, under its version")
    taken.add_argument("file", metavar="FILE", help="JSON, or CSV with --name and --version")
    taken.add_argument("--name", help="name of a set in CSV: a-z, 0-9, . and -")
    taken.add_argument("--version", help="version of a set in CSV")
    taken.add_argument("--title", default="", help="title of a set in CSV")
    taken.set_defaults(run=run_import)
    listed = factors.add_parser("list", parents=[shared], help="every set with its digest")
    listed.add_argument("--json", action="store_true", help="one JSON array")
    listed.set_defaults(run=run_list)


def run_calculate(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Result to stdout; what it is not, to stderr."""
    activity = _activity(_read(args.file))
    factors = carbon_factors.read_json(_read(args.factors)) if args.factors else _shipped(activity)
    found = carbon.calculate(activity, factors)
    if args.json:
        print(json.dumps(carbon_report.as_dict(found), indent=1, ensure_ascii=False))
    else:
        print("\n".join(_lines(found)))
        print(carbon_report.DISCLAIMER, file=sys.stderr)
    return 0


def run_import(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """The same set again changes nothing; another one under a known version is refused."""
    data = _read(args.file)
    if args.file.lower().endswith(".csv"):
        if not (args.name and args.version):
            raise NotConfigured("A set in CSV needs --name and --version: it has no place for them itself.")
        factors = carbon_factors.read_csv(data, args.name, args.version, args.title)
    else:
        factors = carbon_factors.read_json(data)
    with opened.installation(args, environ) as ctx:
        is_new = sets.import_set(ctx, factors)
    said = "imported" if is_new else "known already"
    print(f"{said}  {factors.name} {factors.version}  {len(factors.factors)} factors  {factors.digest}")
    return 0


def run_list(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """One line a set."""
    with opened.installation(args, environ) as ctx:
        found = sets.sets(ctx)
    if args.json:
        print(json.dumps(found, indent=1))
    else:
        for each in found:
            print(f"{each['name']} {each['version']}  {each['factors']} factors  {each['digest']}")
    return 0


def _activity(data: bytes) -> Activity:
    document = json_strict.loads(data, decimals=True)
    if isinstance(document, dict) and "kind" in document:
        return carbon_activity.of_record(intake.parse(document))
    return carbon_activity.of_details(document)


def _shipped(activity: Activity) -> FactorSet:
    found = carbon_factors.shipped_set(*activity.factor_set)
    if found is None:
        raise MalformedInput(
            f"No set {' '.join(activity.factor_set)} comes with the product: name its file by --factors."
        )
    return found


def _lines(found: Footprint) -> list[str]:
    report = carbon_report.as_dict(found)
    total, life = report["total"], report["serviceLife"]
    lines = [
        f"{total['kgCO2ePerKwh']} kg CO2e/kWh  {total['kgCO2e']} kg CO2e"
        f"  ± {total['uncertaintyPercent'] or 0} %",
        f"{life['energyKwh']} kWh = {life['formula']}",
    ]
    for stage in report["stages"]:
        lines.append(f"{stage['kgCO2e']:>14}  {stage['kgCO2ePerKwh']:>10}  {stage['name']}")
        lines += [
            f"{term['kgCO2e']:>14}    {term['name']}: {term['quantity']} {term['unit']} × "
            f"{term['factor']['value']} ({term['factor']['id']}, {term['factor']['basis']})"
            for term in stage["terms"]
        ]
    lines += [f"note  {note['text']}" for note in report["notes"]]
    chosen = report["factorSet"]
    return [*lines, f"factors  {chosen['name']} {chosen['version']}  sha256:{chosen['digest']}"]


def _read(name: str) -> bytes:
    data = opened.file(name)
    if len(data) > carbon_factors.MAX_BYTES:
        raise TooLarge(f"{name} is larger than {carbon_factors.MAX_BYTES} bytes.")
    return data
