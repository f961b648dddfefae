"""A page judged by axe, narrow and wide, light and dark.

Contrast is by far the dearest rule, and hundreds of texts are painted alike. So every other rule judges the
whole page, and contrast judges two texts of each paint: colour, size, weight, and what lies under them. A
paint that axe passed is judged no more, in whatever size or page it stands. Colours alone change with the
scheme; and where both sizes show the same elements, the second one is judged by what it can change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

PHONE, DESK = (390, 844), (1280, 800)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
OF_SIZES = ["target-size", "scrollable-region-focusable"]

_SHOWN = "() => [...document.body.querySelectorAll('*')].map((it) => Number(it.checkVisibility())).join('')"

_RUN = """
async (options) => {
  const { violations } = await axe.run(document, { ...options, resultTypes: ['violations'] });
  return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) }));
}
"""

_RUN_ON_NEW_PAINTS = """
async ([known, options]) => {
  const under = new Map();
  const layer = (style) => {
    const ground = /, 0\\)$/.test(style.backgroundColor) ? '' : style.backgroundColor;
    const rest = [style.backgroundImage, style.opacity, style.filter, style.mixBlendMode];
    return ground || rest.join() !== 'none,1,none,normal' ? `|${ground},${rest}` : '';
  };
  const below = (it) => {
    if (!it) return '';
    if (!under.has(it)) under.set(it, below(it.parentElement) + layer(getComputedStyle(it)));
    return under.get(it);
  };
  const hasText = (it) => it.matches('input, select, textarea, button')
    || [...it.childNodes].some((each) => each.nodeType === Node.TEXT_NODE && each.data.trim());
  const paints = new Map();
  const seen = new Map();
  for (const it of document.body.querySelectorAll('*')) {
    if (!hasText(it) || !it.checkVisibility()) continue;
    const style = getComputedStyle(it);
    const paint = [below(it), style.color, style.fontSize, style.fontWeight, style.textShadow, style.position,
      style.display, style.textDecorationLine, getComputedStyle(it.parentElement).color].join();
    seen.set(paint, (seen.get(paint) ?? 0) + 1);
    if (seen.get(paint) <= 2 && !known.includes(paint)) paints.set(it, paint);
  }
  if (!paints.size) return { texts: seen.size, violations: [], passed: [] };
  const asked = { ...options, elementRef: true, resultTypes: ['violations', 'passes'] };
  const { violations, passes } = await axe.run({ include: [...paints.keys()] }, asked);
  const failed = new Set(violations.flatMap(({ nodes }) => nodes.map(({ element }) => paints.get(element))));
  const contrast = passes.filter(({ id }) => id === 'color-contrast').flatMap(({ nodes }) => nodes);
  return {
    texts: seen.size,
    violations: violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) })),
    passed: contrast.map(({ element }) => paints.get(element)).filter((paint) => paint && !failed.has(paint)),
  };
}
"""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges pages one after another; remembers which paints passed, by scheme."""

    passed: Mapping[str, set[str]] = field(default_factory=lambda: {"light": set(), "dark": set()})

    def violations(self, page: Page) -> dict[str, list[str]]:
        """What axe finds, by size and scheme; nothing where all is well."""
        page.evaluate(AXE_SCRIPT)
        found: dict[str, list[str]] = {}
        shown = None
        for size, schemes in ((PHONE, ("light", "dark")), (DESK, ("dark", "light"))):
            resize(page, size)
            page.emulate_media(color_scheme=schemes[0])  # type: ignore[arg-type]
            before, shown = shown, page.evaluate(_SHOWN)
            found[f"{size}"] = _told(page.evaluate(_RUN, _rules(whole=shown != before)))
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                found[f"{size} {scheme}"] = self._of_colours(page, scheme)
        return {look: each for look, each in found.items() if each}

    def _of_colours(self, page: Page, scheme: str) -> list[str]:
        rules = {"runOnly": {"type": "rule", "values": OF_COLOURS}}
        answer = page.evaluate(_RUN_ON_NEW_PAINTS, [sorted(self.passed[scheme]), rules])
        assert answer["texts"] > 0
        self.passed[scheme].update(answer["passed"])
        return _told(answer["violations"])


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def _rules(*, whole: bool) -> dict[str, Any]:
    """All but colours, or only what the size of the window changes."""
    if not whole:
        return {"runOnly": {"type": "rule", "values": OF_SIZES}}
    disabled = {name: {"enabled": False} for name in OF_COLOURS}
    return {"runOnly": {"type": "tag", "values": RULES}, "rules": disabled}


def _told(violations: list[dict[str, Any]]) -> list[str]:
    return [f"{one['id']}: {one['help']}: {[html[:200] for html in one['nodes'][:3]]}" for one in violations]
