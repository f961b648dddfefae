// @ts-check
/** Scan a battery, lot or part and see at once what it is made of, or what it went into. */

import './app.js';
import { tidy } from '../core/digital-link.js';
import { byId } from '../view/dom.js';
import { scanButtons } from '../view/scan-buttons.js';

const form = /** @type {HTMLFormElement} */ (byId('find-form'));
scanButtons(form, (field, text) => {
  field.value = tidy(text);
  form.requestSubmit();
});
