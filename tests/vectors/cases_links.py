"""Documents at hand beside the one that is verified: listed by digest, of the same passport, or strangers."""

from collections.abc import Callable, Iterator
from typing import Any

from app.core.multibase import digest_multibase
from tests.vectors import kit as k
from tests.vectors.kit import JCS, Suite, a_credential, sign, text

ADDRESS = f"{k.ORIGIN}/models/09506000134352/sections/composition/1"
PUBLIC = f"{k.ORIGIN}/passports/0c2e3a52/sections/public/1"
CONDITION = f"{k.ORIGIN}/passports/0c2e3a52/sections/condition/1"
MISMATCH, SUBJECT = "LINK_DIGEST_MISMATCH", "SUBJECT_MISMATCH"


def a_model_section(key: k.Key = k.SEAL, **changes: Any) -> str:
    """A signed section of the model."""
    document = a_credential(
        type=["VerifiableCredential", "BatteryPassportComposition"],
        credentialSubject={"id": k.MODEL, "type": "BatteryModel", "granularity": "model"},
        passport=None,
        **changes,
    )
    return text(sign(document, Suite(JCS.name, key)))


def a_public_section(*listed: str, **changes: Any) -> str:
    """A signed public section that lists documents at one address."""
    entries = [
        {"id": ADDRESS, "mediaType": "application/vc", "digestMultibase": digest(one)} for one in listed
    ]
    return text(sign(a_credential(relatedResource=entries or None, **changes), JCS))


def digest(document: str) -> str:
    return digest_multibase(document.encode())


def cases(case: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """`case` of `make`."""
    model = a_model_section()
    public = a_public_section(model)
    later = a_model_section(
        id="urn:uuid:11111111-5a5c-4f0e-8a35-1d2f2d7d7a10",
        replaces=[{"id": "urn:uuid:6f1d1c70-5a5c-4f0e-8a35-1d2f2d7d7a10", "digestMultibase": digest(model)}],
    )
    forged = a_model_section(
        key=k.Key("forger"),
        replaces=[{"id": "urn:uuid:6f1d1c70-5a5c-4f0e-8a35-1d2f2d7d7a10", "digestMultibase": digest(model)}],
    )
    by_other = text(
        sign(
            a_credential(
                issuer={"id": k.OTHER_DID, "name": "Other AG"},
                type=["VerifiableCredential", "BatteryPassportWarranty"],
                relatedResource=[{"id": ADDRESS, "digestMultibase": digest(model)}],
                passport=None,
            ),
            Suite(JCS.name, k.OTHER),
        )
    )
    condition = ["VerifiableCredential", "BatteryPassportCondition"]
    elsewhere = "urn:uuid:22222222-6c0b-4b7a-9a5f-0c8ac1b3f0d2"
    another = {"id": f"{k.MODEL}/21/ANOTHER", "type": "Battery"}
    yield case("links: the listed section", public, "valid", linked={ADDRESS: model})
    yield case("links: a later version of the listed section", public, "valid", linked={ADDRESS: later})
    yield case("links: the public section of a model section", model, "valid", linked={PUBLIC: public})
    yield case(
        "links: a section of the same passport", public, "valid",
        linked={CONDITION: text(sign(a_credential(type=condition), JCS))},
    )  # fmt: skip
    for name, data, linked, error in (
        ("another section than the listed one", public, {ADDRESS: a_model_section(demo=True)}, MISMATCH),
        ("the listed section with a blank more", public, {ADDRESS: f"{model} "}, MISMATCH),
        ("the listed section cut off", public, {ADDRESS: model[:-40]}, MISMATCH),
        ("a later version by a forged key", public, {ADDRESS: forged}, MISMATCH),
        ("a public section that names another part", later, {PUBLIC: a_public_section(forged)}, MISMATCH),
        ("a public section by another issuer", model, {PUBLIC: by_other}, MISMATCH),
        ("a public section that was altered", model, {PUBLIC: public.replace("452.50", "552.50")}, MISMATCH),
        (
            "a section of another passport", public,
            {CONDITION: text(sign(a_credential(type=condition, passport=elsewhere), JCS))}, MISMATCH,
        ),
        (
            "a section about another battery", public,
            {CONDITION: text(sign(a_credential(type=condition, credentialSubject=another), JCS))}, SUBJECT,
        ),
        ("a document that is no JSON", public, {ADDRESS: "not JSON"}, MISMATCH),
    ):  # fmt: skip
        yield case(f"links: {name}", data, "invalid", error, linked=linked)
