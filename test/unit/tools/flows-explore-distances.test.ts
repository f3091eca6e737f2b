import { describe, expect, it } from 'vitest';
import { copyOf } from '../../../src/dialog/copy.ts';
import { compileFlowPack } from '../../../src/dialog/flow-pack.ts';
import { namesIn } from '../../../tools/flows/explore/caller.ts';
import { Distances } from '../../../tools/flows/explore/distances.ts';
import { smallFlows } from '../../support/small-flows.ts';

describe('how far a moment is from what was not reached', () => {
  const pack = compileFlowPack(new Map(Object.entries(smallFlows())));
  const aimedAt = (flow: string, step: string) => {
    const distances = new Distances(pack);
    distances.aimAt([{ flow, step }]);
    return distances;
  };

  it('is none at its own step, and grows with each step before it', () => {
    const distances = aimedAt('main', 'end');
    expect(distances.from([{ flow: 'main', step: 'end' }])).toBe(0);
    expect(distances.from([{ flow: 'main', step: 'bye' }])).toBe(1);
    expect(distances.from([{ flow: 'main', step: 'hello' }])).toBe(3);
  });

  it('leads through the flow that a wish starts', () => {
    const [first = ''] = pack.flows.get('cancel')?.stepNames ?? [];
    expect(aimedAt('cancel', first).from([{ flow: 'main', step: 'wish' }])).toBe(1);
  });

  it('leads back through the flows that wait below', () => {
    const distances = aimedAt('main', 'bye');
    const below = { flow: 'main', step: 'wish' };
    const [last = ''] = pack.flows.get('cancel')?.stepNames.slice(-1) ?? [];
    const near = distances.from([below, { flow: 'cancel', step: last }]);
    const [first = ''] = pack.flows.get('cancel')?.stepNames ?? [];
    expect(near).toBeLessThan(distances.from([below, { flow: 'cancel', step: first }]));
    expect(near).toBeGreaterThan(distances.from([below]));
  });

  it('is endless where nothing leads to it', () => {
    expect(aimedAt('main', 'hello').from([{ flow: 'main', step: 'end' }])).toBe(Infinity);
  });
});

describe('names of things that a call is about', () => {
  it('come from the lists in its variables, each once', () => {
    const items = [{ name: 'Lamp' }, { name: 'Mug' }, { name: 'Lamp' }];
    expect(namesIn({ order: { items, id: '#W1' }, orders: [{ id: 'x' }], name: 'Emma' })).toEqual([
      'Lamp',
      'Mug',
    ]);
  });
});

describe('a copy of a state', () => {
  it('is equal and shares nothing', () => {
    const state = { a: [{ b: null, c: undefined }, 'x'], d: { e: 1 } };
    const copied = copyOf(state);
    expect(copied).toStrictEqual(state);
    expect(copied.a).not.toBe(state.a);
    expect(copied.a[0]).not.toBe(state.a[0]);
    expect(copied.d).not.toBe(state.d);
  });
});
