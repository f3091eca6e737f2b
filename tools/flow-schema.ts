import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { flowJsonSchema } from '../src/dialog/json-schema.ts';

/** Writes docs/flow.schema.json, which editors use to check and complete flow files. */
const file = resolve(import.meta.dirname, '../docs/flow.schema.json');
writeFileSync(file, flowJsonSchema());
console.log(`Wrote ${file}`);
