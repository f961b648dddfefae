// @ts-check
/** Building pages from values: elements and text only, never markup (T30). */

/**
 * @typedef {Node | string | null | false} Child
 * @typedef {Record<string, string | boolean | ((event: any) => void)>} Attributes
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes | null} attributes - `on…` names are listeners; true is an empty attribute, false none
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} name - symbol of the page's sprite
 * @param {string} [className]
 * @returns {SVGSVGElement}
 */
export function icon(name, className = 'icon') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id - of an element that the template has
 * @returns {Kind}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return /** @type {Kind} */ (element);
}

/**
 * @returns {string} origin that identifiers of this installation carry
 */
export function installationOrigin() {
  return document.querySelector('[data-origin]')?.getAttribute('data-origin') || location.origin;
}
