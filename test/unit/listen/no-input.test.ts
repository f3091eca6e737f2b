import { describe, expect, it } from 'vitest';
import type { Expecting } from '../../../src/core/dialog.ts';
import type { TurnEvent } from '../../../src/core/turn.ts';
import { createTurnDetector } from '../../../src/listen/turn-detector.ts';
import { ScriptedLine } from '../../support/voice-script.ts';

const orderNumber: Expecting = { slot: 'order_number', kind: 'order_number' };
const anything: Expecting = { slot: 'request', kind: 'anything' };

const line = (): ScriptedLine => new ScriptedLine(createTurnDetector());

describe('no input', () => {
  const noInputs = (events: readonly TurnEvent[]): number =>
    events.filter(({ type }) => type === 'no-input').length;

  it.each([
    [anything, 6000],
    [orderNumber, 8000],
    [{ ...anything, noInputMs: 2000 }, 2000],
  ])(
    'is told once, when nothing has been heard since the playback really ended (%j)',
    (expecting, limitMs) => {
      const caller = line();
      caller.play({ playback: true }, { listening: expecting }, { silence: 10_000 });
      expect(caller.types).toEqual([]);
      caller.play({ playback: false });
      const fromMs = caller.nowMs;
      expect(noInputs(caller.play({ silence: limitMs - 64 }))).toBe(0);
      expect(noInputs(caller.play({ silence: 20_000 }))).toBe(1);
      expect(caller.last('no-input').atMs - fromMs).toBeLessThanOrEqual(limitMs + 32);
    },
  );

  it('is told again after the next playback while an answer is still awaited', () => {
    const caller = line();
    caller.play({ listening: anything }, { silence: 7000 }, { playback: true }, { silence: 1000 });
    caller.play({ playback: false }, { silence: 7000 });
    expect(noInputs(caller.events)).toBe(2);
  });

  it('is not told while nothing is awaited, while the caller speaks, or after an answer', () => {
    const idle = line();
    idle.play({ listening: null }, { silence: 20_000 });
    expect(idle.types).toEqual([]);
    const talking = line();
    talking.play({ listening: anything }, { silence: 3200 }, { voice: 7000 });
    expect(talking.types).not.toContain('no-input');
    const answered = line();
    answered.play({ listening: anything }, { voice: 960 }, { silence: 192 }, { partial: 'Refund please' });
    answered.play({ silence: 20_000 });
    expect(answered.types).not.toContain('no-input');
  });

  it('starts anew with every key, and after speech that came to nothing', () => {
    const keys = line();
    keys.play({ listening: orderNumber }, { silence: 6400 }, { digit: true }, { silence: 6400 });
    expect(keys.types).toEqual([]);
    const cough = line();
    cough.play({ listening: anything }, { silence: 5120 }, { voice: 96 }, { silence: 5120 });
    expect(cough.types).toEqual(['speech-started', 'speech-dropped']);
    cough.play({ silence: 1600 });
    expect(cough.types.at(-1)).toBe('no-input');
  });
});
