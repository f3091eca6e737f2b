import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStereoWindow } from '../../../src/store/stereo-window.ts';

describe('stereo window', () => {
  it('puts every sample in its place: the first one written stays, gaps are silence, what is too late is dropped', () => {
    const step = fc.oneof(
      fc.record({
        type: fc.constant('write' as const),
        side: fc.constantFrom('caller' as const, 'kefu' as const),
        at: fc.integer({ min: -20, max: 150 }),
        length: fc.nat(40),
      }),
      fc.record({ type: fc.constant('take' as const), end: fc.nat(200) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const window = createStereoWindow(16);
        const expected = { caller: new Map<number, number>(), kefu: new Map<number, number>() };
        const taken: number[] = [];
        let value = 0;
        let end = 0;
        for (const action of [...steps, { type: 'take' as const, end: Infinity }]) {
          if (action.type === 'take') {
            taken.push(...window.take(action.end));
            continue;
          }
          const samples = Int16Array.from({ length: action.length }, () => (value += 1));
          samples.forEach((sample, index) => {
            const place = action.at + index;
            if (place >= taken.length / 2 && !expected[action.side].has(place))
              expected[action.side].set(place, sample);
            if (place >= taken.length / 2) end = Math.max(end, place + 1);
          });
          window.write(action.side, action.at, samples);
        }
        const places = Array.from({ length: end }, (_, place) => place);
        expect(taken).toEqual(
          places.flatMap((place) => [expected.caller.get(place) ?? 0, expected.kefu.get(place) ?? 0]),
        );
      }),
    );
  });
});
