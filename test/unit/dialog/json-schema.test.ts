import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stepKinds } from '../../../src/dialog/schema.ts';
import { flowJsonSchema } from '../../../src/dialog/json-schema.ts';

describe('docs/flow.schema.json', () => {
  it('is up to date (npx tsx tools/flow-schema.ts writes it)', () => {
    const file = resolve(import.meta.dirname, '../../../docs/flow.schema.json');
    expect(readFileSync(file, 'utf8')).toBe(flowJsonSchema());
  });

  it('knows every kind of step', () => {
    const schema = flowJsonSchema();
    for (const kind of stepKinds) expect(schema).toContain(`"${kind}"`);
  });
});
