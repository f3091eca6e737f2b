import { describe, expect, it } from 'vitest';
import { figuresSchema, overallServiceLevel } from '../../../src/web/figures/figures.ts';
import { matching, noFilter } from '../../../src/web/supervise/filter.ts';
import { liveCall, shopFigures } from '../../support/desk-cards.ts';

describe('the filters of live calls', () => {
  const call = liveCall({ phase: 'person', mood: 'upset', agents: [{ id: 'wei', name: '王伟' }] });

  it('take calls by phase and mood', () => {
    expect(matching(call, noFilter)).toBe(true);
    expect(matching(call, { ...noFilter, phase: 'person', tense: true })).toBe(true);
    expect(matching(call, { ...noFilter, phase: 'kefu' })).toBe(false);
    expect(matching(liveCall({ mood: 'neutral' }), { ...noFilter, tense: true })).toBe(false);
    expect(matching(liveCall({ mood: null }), { ...noFilter, tense: true })).toBe(false);
  });

  it('find names, numbers, wishes and colleagues', () => {
    for (const words of ['garcia', ' 0143', 'LAMP', '王伟']) {
      expect(matching(call, { ...noFilter, words }), words).toBe(true);
    }
    expect(matching(call, { ...noFilter, words: 'keyboard' })).toBe(false);
  });
});

describe('the figures', () => {
  it('weigh the service level of a queue by what was answered in it', () => {
    const { queues } = figuresSchema.parse(shopFigures);
    expect(overallServiceLevel(queues)).toBeCloseTo((0.86 * 110 + 14) / 124);
    expect(overallServiceLevel([])).toBeNull();
    const unmeasured = queues.map((queue) => ({ ...queue, answered: 0, serviceLevel: null }));
    expect(overallServiceLevel(unmeasured)).toBeNull();
  });
});
