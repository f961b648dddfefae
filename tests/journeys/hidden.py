"""Values of one passport that a role may not read, and the places of a browser where they must not be."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.core.sections import ROLES
from app.core.vocabulary import MODEL_SECTIONS, SECTIONS
from tests.journeys.site import FIRST_GTIN, FIRST_SERIAL, Site

SHORTEST = 8  # characters; shorter values stand by chance in other texts

# All that a browser keeps, as text: every answer in Cache Storage, every value in IndexedDB, both storages.
EVERYTHING_KEPT = """
async () => {
  const answer = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const kept = [{ ...localStorage }, { ...sessionStorage }].map((one) => JSON.stringify(one));
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith('/static/')) kept.push(pathname, await (await cache.match(request)).text());
    }
  }
  for (const { name } of await indexedDB.databases()) {
    const database = await answer(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      for (const value of await answer(database.transaction(store).objectStore(store).getAll())) {
        kept.push(value instanceof Uint8Array ? new TextDecoder().decode(value) : JSON.stringify(value));
      }
    }
    database.close();
  }
  return kept.join('\\n');
}
"""


def section_path(site: Site, section: str) -> str:
    if section in MODEL_SECTIONS:
        return f"/models/{FIRST_GTIN}/sections/{section}"
    return f"{site.page(FIRST_SERIAL)}/sections/{section}"


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


def vocabulary(site: Site) -> str:
    """What the product says of any battery: a value that is one of its words gives nothing away."""
    schemas = (f"/schema/v1/{section}-ev.json" for section in SECTIONS)
    return "\n".join(site.ask(path).body.decode() for path in ("/terms", "/context/v1", *schemas))


def documents(site: Site, cookie: str) -> dict[str, bytes]:
    """Each section of the demo's first passport, as the bearer of `cookie` gets it."""
    answers = {section: site.ask(section_path(site, section), Cookie=cookie) for section in SECTIONS}
    assert [answer.status for answer in answers.values()] == [200] * len(SECTIONS)
    return {section: answer.body for section, answer in answers.items()}


def secrets_of(role: str, documents: Mapping[str, bytes], vocabulary: str) -> frozenset[str]:
    """Values that stand in a section which the role may not read, and in none that it may."""
    allowed = ROLES[role].sections
    open_text = "\n".join(text for name in allowed for text in texts(json.loads(documents[name])))
    return frozenset(
        text
        for name in SECTIONS
        if name not in allowed
        for text in texts(json.loads(documents[name])["credentialSubject"])
        if len(text) >= SHORTEST and text not in open_text and text not in vocabulary
    )


def assert_none_of(secrets: frozenset[str], text: str) -> None:
    found = sorted(one for one in secrets if one in text)
    assert not found, found
