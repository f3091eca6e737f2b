import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOpen, nextOpening, openingHoursSchema } from '../../../src/handoff/hours.ts';
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

describe('opening hours', () => {
  const berlin = openingHoursSchema.parse({
    timeZone: 'Europe/Berlin',
    mon: ['09:00-12:00', '13:00-18:00'],
    fri: ['08:50-24:00'],
    closed: ['2026-12-25'],
  });
  const at = (text: string): number => Date.parse(text);

  it.each([
    ['2026-06-01T06:59:00Z', false],
    ['2026-06-01T07:00:00Z', true],
    ['2026-06-01T10:30:00Z', false],
    ['2026-06-01T15:59:59Z', true],
    ['2026-06-01T16:00:00Z', false],
    // In winter Berlin is an hour nearer to UTC.
    ['2026-11-30T07:30:00Z', false],
    ['2026-11-30T08:00:00Z', true],
    ['2026-06-05T21:59:00Z', true],
    ['2026-06-05T22:00:00Z', false],
    ['2026-12-25T10:00:00Z', false],
  ])('at %s: open is %s', (text, open) => {
    expect(isOpen(berlin, at(text))).toBe(open);
  });

  it.each([
    ['2026-06-01T10:17:31Z', '2026-06-01T11:00:00Z'],
    ['2026-06-01T17:00:00Z', '2026-06-05T06:50:00Z'],
    // The Friday is a holiday, so the Monday after.
    ['2026-12-24T10:00:00Z', '2026-12-28T08:00:00Z'],
  ])('closed at %s, they begin again at %s', (text, opening) => {
    expect(nextOpening(berlin, at(text))).toBe(at(opening));
  });

  it('are always without any, and never when no day has any', () => {
    expect(isOpen(undefined, 0)).toBe(true);
    const never = openingHoursSchema.parse({ timeZone: 'UTC' });
    expect(isOpen(never, 0)).toBe(false);
    expect(nextOpening(never, 0)).toBeNull();
    expect(nextOpening(berlin, at('2026-06-01T07:00:00Z'))).toBeNull();
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
