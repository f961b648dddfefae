// @ts-check
/** For test_schema_agreement.py: JSON lines of {schema, documents} in, one line of verdicts for each out. */

import { createInterface } from 'node:readline';

import { validate } from '../../static/js/core/schema.js';

for await (const line of createInterface({ input: process.stdin })) {
  const { schema, documents } = JSON.parse(line);
  console.log(JSON.stringify(documents.map((/** @type {unknown} */ one) => validate(one, schema).length === 0)));
}
