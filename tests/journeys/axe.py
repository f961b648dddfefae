"""A page judged by axe, narrow and wide, light and dark.

Contrast is by far the dearest rule, and a long page has hundreds of texts that are painted alike. So every
other rule judges the whole page, and contrast judges two texts of each paint: colour, size, weight, and what
lies under them up to the root. Colours alone change with the scheme: the other rules judge each size once.
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE, DESK = (390, 844), (1280, 800)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
MARK = "data-of-this-paint"

_MARK_TWO_OF_EACH = """
(mark) => {
  const paints = (style) =>
    [style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode].join();
  const under = new Map();
  const below = (it) => {
    if (!it) return '';
    if (!under.has(it)) under.set(it, below(it.parentElement) + '|' + paints(getComputedStyle(it)));
    return under.get(it);
  };
  const hasText = (it) => it.matches('input, select, textarea, button')
    || [...it.childNodes].some((each) => each.nodeType === Node.TEXT_NODE && each.data.trim());
  for (const it of document.querySelectorAll(`[${mark}]`)) it.removeAttribute(mark);
  const seen = new Map();
  for (const it of document.body.querySelectorAll('*')) {
    if (!hasText(it) || !it.checkVisibility()) continue;
    const style = getComputedStyle(it);
    const paint = [below(it), style.color, style.fontSize, style.fontWeight, style.textShadow, style.position,
      style.display].join();
    seen.set(paint, (seen.get(paint) ?? 0) + 1);
    if (seen.get(paint) <= 2) it.setAttribute(mark, '');
  }
  return seen.size;
}
"""


def violations(page: Page) -> dict[str, list[str]]:
    """What axe finds, by size and scheme; nothing where all is well."""
    axe = Axe()
    found: dict[str, list[str]] = {}
    for size, schemes in ((PHONE, ("light", "dark")), (DESK, ("dark", "light"))):
        resize(page, size)
        page.emulate_media(color_scheme=schemes[0])  # type: ignore[arg-type]
        others = {"runOnly": _by_tag(), "rules": {name: {"enabled": False} for name in OF_COLOURS}}
        found[f"{size}"] = _run(axe, page, None, others)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert page.evaluate(_MARK_TWO_OF_EACH, MARK) > 0
            texts = {"include": [[f"[{MARK}]"]]}
            colours = {"runOnly": {"type": "rule", "values": OF_COLOURS}}
            found[f"{size} {scheme}"] = _run(axe, page, texts, colours)
    return {look: each for look, each in found.items() if each}


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def _by_tag() -> dict[str, object]:
    return {"type": "tag", "values": RULES}


def _run(axe: Axe, page: Page, context: object, options: dict[str, object]) -> list[str]:
    answer = axe.run(page, context=context, options={**options, "resultTypes": ["violations"]})  # type: ignore[arg-type]
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}"
        for one in answer.response["violations"]
    ]
