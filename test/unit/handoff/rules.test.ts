import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRoutingRules, toRoutingRules } from '../../../src/handoff/rules.ts';

describe('routing rules', () => {
  it('need nothing: everything has a default', () => {
    const rules = parseRoutingRules('', 'queues.yaml');
    expect(rules).toMatchObject({ ringMs: 20_000, afterCallMs: 30_000, usualHandleMs: 240_000 });
    expect(rules.widening.map(({ afterMs }) => afterMs)).toEqual([30_000, 90_000, 180_000]);
    expect(rules.queues.general).toMatchObject({ teams: [], maxWaiting: 500, closed: 'callback' });
  });

  it('are written in seconds and used in milliseconds, widening in order of time', () => {
    const rules = parseRoutingRules(
      `
headStartSeconds: { law: 90 }
angerSeconds: 60
ringSeconds: 15
widening:
  - { afterSeconds: 60, lower: all }
  - { afterSeconds: 20, lower: 2 }
queues:
  general: { overflow: { afterSeconds: 40, queue: complaints } }
  complaints: { teams: [senior], full: voicemail }
`,
      'queues.yaml',
    );
    expect(rules).toMatchObject({ headStartMs: { law: 90_000 }, angerMs: 60_000, ringMs: 15_000 });
    expect(rules.widening).toEqual([
      { afterMs: 20_000, lower: 2 },
      { afterMs: 60_000, lower: Number.POSITIVE_INFINITY },
    ]);
    expect(rules.queues.general?.overflow).toEqual({ afterMs: 40_000, queue: 'complaints' });
  });

  it.each([
    ['ringSecond: 3', 'ringSecond'],
    ['ringSeconds: -1', 'ringSeconds'],
    ['queues: { a: { overflow: { afterSeconds: 1, queue: b } } }', 'there is no queue "b"'],
    ['queues: { a: { hours: { timeZone: Mars/Base } } }', 'queues.a.hours.timeZone'],
    ['queues: { a: { hours: { timeZone: UTC, mon: ["9-18"] } } }', 'queues.a.hours.mon.0'],
    ['queues: { a: { hours: { timeZone: UTC, mon: ["18:00-09:00"] } } }', 'queues.a.hours.mon.0'],
    ['queues: [', 'queues.yaml'],
  ])('refuse %s and name the place', (text, place) => {
    expect(() => parseRoutingRules(text, 'queues.yaml')).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(place) as string }),
    );
  });

  it('leave what was given untouched', () => {
    expect(toRoutingRules(undefined)).toEqual(toRoutingRules({}));
  });
});

describe('the rules in the documentation', () => {
  it('are accepted, and the defaults stand there as they are', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/handoff.md'), 'utf8');
    const yaml = /```yaml\n([^`]*)```/.exec(text)?.[1] ?? '';
    const { queues, ...documented } = parseRoutingRules(yaml, 'docs/handoff.md');
    const { queues: ownQueues, ...defaults } = toRoutingRules({});
    expect(documented).toEqual(defaults);
    expect(queues.general).toMatchObject({ ...ownQueues.general });
  });
});
