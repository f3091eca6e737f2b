import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expecting } from '../../../src/core/dialog.ts';
import { createTurnDetector } from '../../../src/listen/turn-detector.ts';
import { ScriptedLine, type ScriptStep } from '../../support/voice-script.ts';

const orderNumber: Expecting = { slot: 'order_number', kind: 'order_number' };
const yesNo: Expecting = { slot: 'confirm', kind: 'yes_no' };
const anything: Expecting = { slot: 'request', kind: 'anything' };

const line = (): ScriptedLine => new ScriptedLine(createTurnDetector());

/** Time from the end of the caller's voice to the decision that the turn is over. */
function waited(played: ScriptedLine): number {
  const { endMs, atMs } = played.last('turn-ended');
  return atMs - endMs;
}

describe('a turn', () => {
  it('starts with enough voice, is paused early, and ends after the pause', () => {
    const caller = line();
    caller.play({ silence: 640 }, { voice: 960 }, { silence: 640 });
    expect(caller.types).toEqual(['speech-started', 'speech-paused', 'turn-ended']);
    expect(caller.last('speech-started').onsetMs).toBe(640);
    expect(caller.last('speech-paused').endMs).toBe(1600);
    expect(caller.last('turn-ended')).toMatchObject({ onsetMs: 640, endMs: 1600 });
    expect(waited(caller)).toBe(512);
  });

  it('asks for a text within 200 ms of the last word', () => {
    const caller = line();
    caller.play({ voice: 960 }, { silence: 192 });
    expect(caller.types).toEqual(['speech-started', 'speech-paused']);
  });

  it('is not started by a click, and dropped when its voice was too short or too weak', () => {
    const click = line();
    click.play({ voice: 64 }, { silence: 640 });
    expect(click.types).toEqual([]);
    const short = line();
    short.play({ voice: 96 }, { silence: 640 });
    expect(short.types).toEqual(['speech-started', 'speech-dropped']);
    const weak = line();
    weak.play({ silence: 3200, dbfs: -50 }, { voice: 640, dbfs: -47 }, { silence: 640, dbfs: -50 });
    expect(weak.types).toEqual(['speech-started', 'speech-dropped']);
  });

  it('keeps going through unsure windows once it has begun, but does not begin with them', () => {
    const unsure = line();
    unsure.play({ voice: 960, probability: 0.45 });
    expect(unsure.types).toEqual([]);
    unsure.play({ voice: 320 }, { voice: 960, probability: 0.4 }, { silence: 640 });
    expect(unsure.types).toEqual(['speech-started', 'speech-paused', 'turn-ended']);
    expect(unsure.last('turn-ended').endMs).toBe(960 + 320 + 960);
  });

  it('goes on when the caller does, and a click in the pause does not prolong it', () => {
    const caller = line();
    caller.play({ voice: 640 }, { silence: 256 }, { voice: 640 }, { silence: 256 }, { voice: 32 });
    caller.play({ silence: 320 });
    expect(caller.types).toEqual([
      'speech-started',
      'speech-paused',
      'speech-resumed',
      'speech-paused',
      'turn-ended',
    ]);
    expect(caller.last('speech-resumed').atMs).toBe(640 + 256);
    expect(caller.last('turn-ended').endMs).toBe(640 + 256 + 640);
  });

  it('ends when packets stop in the middle of a word', () => {
    const caller = line();
    caller.play({ voice: 640 }, { nothing: 640 });
    expect(caller.types).toEqual(['speech-started', 'speech-paused', 'turn-ended']);
  });

  it('is dropped early when the recogniser heard no words in a short sound', () => {
    const cough = line();
    cough.play({ voice: 256 }, { silence: 192 }, { partial: '' });
    expect(cough.types).toEqual(['speech-started', 'speech-paused', 'speech-dropped']);
  });

  it('ends, for the dialog to ask again, when the recogniser heard no words in long speech', () => {
    const mumble = line();
    mumble.play({ voice: 960 }, { silence: 192 }, { partial: '' }, { silence: 480 });
    expect(mumble.types).toEqual(['speech-started', 'speech-paused', 'turn-ended']);
  });
});

describe('the pause that ends a turn', () => {
  const cases: readonly (readonly [
    name: string,
    expecting: Expecting | null,
    steps: readonly ScriptStep[],
    minMs: number,
    maxMs: number,
  ])[] = [
    ['is 0.5 s by default', anything, [], 500, 540],
    ['is 0.5 s while nothing is expected', null, [], 500, 540],
    ['is 0.3 s after "yes"', yesNo, [{ partial: 'Yes.', completeness: 'complete' }], 300, 330],
    ['is 0.3 s for yes or no before the text has come', yesNo, [], 300, 330],
    ['is longer when a yes-or-no question gets a story', yesNo, [{ partial: 'Well I think' }], 500, 540],
    [
      'is long in the middle of an order number',
      orderNumber,
      [{ partial: 'W, two, three', completeness: 'incomplete' }],
      1200,
      1600,
    ],
    [
      'is short after a whole order number',
      orderNumber,
      [{ partial: 'W2378156', completeness: 'complete' }],
      300,
      380,
    ],
    ['can be set by the flow', { ...anything, endOfTurnMs: 1000 }, [], 1000, 1032],
    [
      'set by the flow still is short after a whole value',
      { ...orderNumber, endOfTurnMs: 2000 },
      [{ partial: 'W2378156', completeness: 'complete' }],
      300,
      380,
    ],
    ['is never longer than 3 s', { ...anything, endOfTurnMs: 9000 }, [], 3000, 3032],
  ];
  it.each(cases)('%s', (_name, expecting, steps, minMs, maxMs) => {
    const caller = line();
    caller.play({ listening: expecting }, { voice: 640 }, { silence: 192 }, ...steps, { silence: 3200 });
    expect(waited(caller)).toBeGreaterThanOrEqual(minMs);
    expect(waited(caller)).toBeLessThanOrEqual(maxMs);
  });

  it('lets a caller hesitate in a number, and ends soon after its last digit', () => {
    const caller = line();
    caller.play({ listening: orderNumber }, { voice: 960 }, { silence: 192 });
    caller.play({ partial: 'W, two, three', completeness: 'incomplete' }, { silence: 900 });
    expect(caller.types).not.toContain('turn-ended');
    caller.play({ voice: 960 }, { silence: 192 });
    caller.play({ partial: 'W2378156', completeness: 'complete' }, { silence: 192 });
    expect(caller.types.filter((type) => type === 'turn-ended')).toHaveLength(1);
    expect(waited(caller)).toBeLessThan(400);
  });

  it('forgets that a value was complete when the caller says more', () => {
    const caller = line();
    caller.play({ listening: orderNumber }, { voice: 960 }, { silence: 192 });
    caller.play({ partial: 'W2378156', completeness: 'complete' }, { silence: 64 }, { voice: 640 });
    caller.play({ silence: 800 });
    expect(caller.types).not.toContain('turn-ended');
  });

  it('ends the turn at once when a late text shows that all has been said', () => {
    const caller = line();
    caller.play({ listening: orderNumber }, { voice: 960 }, { silence: 640 });
    const events = caller.play({ partial: 'W2378156', completeness: 'complete' });
    expect(events.map(({ type }) => type)).toEqual(['turn-ended']);
  });
});

describe('a long turn', () => {
  it('is split at the first pause after 6 s, and goes on', () => {
    const caller = line();
    caller.play({ voice: 3200 }, { silence: 256 }, { voice: 3200 }, { silence: 256 }, { voice: 960 });
    caller.play({ silence: 640 });
    expect(caller.types).toEqual([
      'speech-started',
      'speech-paused',
      'speech-resumed',
      'turn-split',
      'speech-resumed',
      'speech-paused',
      'turn-ended',
    ]);
    expect(caller.last('turn-split').atMs).toBeGreaterThan(6000);
    expect(caller.last('turn-split').atMs).toBeLessThan(7000);
  });

  it('is split before the recogniser has too much when there is no pause', () => {
    const caller = line();
    caller.play({ voice: 20_000 });
    const splits = caller.events.filter((event) => event.type === 'turn-split').map(({ atMs }) => atMs);
    expect(splits).toHaveLength(2);
    const [first = 0, second = 0] = splits;
    expect(first).toBeLessThan(8600);
    expect(second - first).toBeLessThan(8600);
  });

  it('ends after a minute, for a radio never pauses', () => {
    const radio = line();
    radio.play({ voice: 60_000 });
    expect(radio.types.slice(-2)).toEqual(['speech-paused', 'turn-ended']);
    expect(radio.last('turn-ended').atMs).toBe(60_000);
  });
});

describe('speech over Kefu', () => {
  const speaking = (expecting: Expecting | null = null, interruptible = true): ScriptedLine => {
    const caller = line();
    caller.play(
      { silence: 640 },
      { listening: expecting },
      { playback: true, interruptible },
      { silence: 960 },
    );
    return caller;
  };

  it('cuts the playback soon after it began, once', () => {
    const caller = speaking();
    const onsetMs = caller.nowMs;
    caller.play({ voice: 288 }, { partial: 'I have a' }, { voice: 640 }, { playback: false });
    expect(caller.types).toEqual(['speech-started', 'barge-in']);
    expect(caller.last('barge-in').atMs - onsetMs).toBeLessThanOrEqual(450);
    caller.play({ partial: 'I have a question' }, { silence: 640 });
    expect(caller.types).toEqual(['speech-started', 'barge-in', 'speech-paused', 'turn-ended']);
  });

  it('cuts without a text when none comes, within half a second', () => {
    const caller = speaking();
    const onsetMs = caller.nowMs;
    caller.play({ voice: 960 });
    expect(caller.last('barge-in').atMs - onsetMs).toBeLessThanOrEqual(500);
  });

  it.each(['a cough', 'a door'])('does not cut for a short burst such as %s', () => {
    const caller = speaking();
    caller.play({ voice: 192 }, { silence: 192 }, { partial: '' }, { silence: 640 });
    expect(caller.types).not.toContain('barge-in');
    expect(caller.types.at(-1)).toBe('speech-dropped');
  });

  it('does not cut for voices in the background', () => {
    const caller = line();
    caller.play(
      { voice: 1600, dbfs: -20 },
      { silence: 192 },
      { partial: 'Where is my order?' },
      { silence: 640 },
    );
    caller.play({ playback: true }, { voice: 1600, dbfs: -42 });
    expect(caller.types).not.toContain('barge-in');
  });

  it('does not cut on a line whose noise is as loud', () => {
    const caller = line();
    caller.play({ silence: 3200, dbfs: -34 }, { playback: true }, { silence: 320, dbfs: -34 });
    caller.play({ voice: 960, dbfs: -30 });
    expect(caller.types).not.toContain('barge-in');
  });

  it.each(['Mm-hmm.', 'Uh-huh', 'Yeah.', 'Okay, okay.', 'Right.', '嗯', '嗯嗯', '好的', '好的，知道了。'])(
    'does not cut for %s, and forgets it',
    (text) => {
      const caller = speaking(anything);
      caller.play({ voice: 288 }, { partial: text }, { voice: 192 }, { silence: 192 }, { partial: text });
      caller.play({ silence: 640 });
      expect(caller.types).toEqual(['speech-started', 'speech-paused', 'speech-dropped']);
    },
  );

  it.each(['Stop.', 'Wait', 'No, that is wrong', 'Agent', 'Hold on', '等一下', '停', '不对', '转人工'])(
    'cuts for %s at once, however short',
    (text) => {
      const caller = speaking(anything);
      caller.play({ voice: 160 }, { partial: text });
      expect(caller.types).toEqual(['speech-started', 'barge-in']);
    },
  );

  it('takes "yeah" and "好的" for answers when a yes-or-no question is being asked', () => {
    for (const text of ['Yeah.', '好的']) {
      const caller = speaking(yesNo);
      caller.play({ voice: 448 }, { partial: text }, { silence: 640 });
      expect(caller.types).toEqual(['speech-started', 'barge-in', 'speech-paused', 'turn-ended']);
    }
  });

  it('waits for more voice when the text is one unknown word, which may be a misread hum', () => {
    const caller = speaking(anything);
    caller.play({ voice: 288 }, { partial: 'Them.' }, { voice: 64 });
    expect(caller.types).not.toContain('barge-in');
    caller.play({ voice: 128 });
    expect(caller.types).toContain('barge-in');
  });

  it('cuts for a backchannel that does not end', () => {
    const caller = speaking(anything);
    caller.play({ voice: 288 }, { partial: 'Yeah' }, { voice: 960 });
    expect(caller.types).toContain('barge-in');
  });

  it('never cuts what may not be interrupted, and answers after it', () => {
    const caller = speaking(anything, false);
    caller.play({ voice: 960 }, { silence: 192 }, { partial: 'I want a refund' }, { silence: 2000 });
    expect(caller.types).toEqual(['speech-started', 'speech-paused']);
    caller.play({ playback: false });
    expect(caller.types).toEqual(['speech-started', 'speech-paused', 'turn-ended']);
  });

  it('counts as an answer when it began before Kefu had finished', () => {
    const caller = speaking(yesNo);
    caller.play({ voice: 160 }, { playback: false }, { voice: 160 }, { silence: 192 });
    caller.play({ partial: 'Yes.', completeness: 'complete' }, { silence: 320 });
    expect(caller.types).toEqual(['speech-started', 'speech-paused', 'turn-ended']);
  });

  it('cuts when Kefu begins while the caller is already speaking', () => {
    const caller = line();
    caller.play({ voice: 960 }, { playback: true }, { voice: 160 });
    expect(caller.types).toEqual(['speech-started']);
    caller.play({ partial: 'and also I want' }, { voice: 320 });
    expect(caller.types).toEqual(['speech-started', 'barge-in']);
  });
});

describe('a cut that was no interruption', () => {
  const cut = (): ScriptedLine => {
    const caller = line();
    caller.play({ silence: 640 }, { listening: anything }, { playback: true }, { silence: 640 });
    caller.play({ voice: 480 }, { playback: false });
    expect(caller.types).toEqual(['speech-started', 'barge-in']);
    return caller;
  };

  it('is taken back when the text turns out to be a backchannel', () => {
    const caller = cut();
    caller.play({ silence: 192 }, { partial: 'Mm-hmm.' }, { silence: 480 });
    expect(caller.types.slice(2)).toEqual(['speech-paused', 'speech-dropped', 'false-barge-in']);
  });

  it('is taken back when there were no words', () => {
    const caller = cut();
    caller.play({ silence: 192 }, { partial: '' });
    expect(caller.types.slice(2)).toEqual(['speech-paused', 'speech-dropped', 'false-barge-in']);
  });

  it('is taken back when no text has come after 1.5 s, and then only words cut again', () => {
    const noise = cut();
    const cutMs = noise.last('barge-in').atMs;
    noise.play({ voice: 1600 });
    expect(noise.last('false-barge-in').atMs - cutMs).toBeGreaterThanOrEqual(1500);
    noise.play({ playback: true }, { voice: 1600 });
    expect(noise.types.filter((type) => type === 'barge-in')).toHaveLength(1);
    noise.play({ partial: 'Can you hear me' }, { voice: 64 });
    expect(noise.types.filter((type) => type === 'barge-in')).toHaveLength(2);
  });

  it('is confirmed by a text, however long the caller goes on', () => {
    const caller = cut();
    caller.play({ partial: 'I want to' }, { voice: 3200 }, { silence: 640 });
    expect(caller.types).not.toContain('false-barge-in');
    expect(caller.types.at(-1)).toBe('turn-ended');
  });
});

describe('whatever happens', () => {
  const step: fc.Arbitrary<ScriptStep> = fc.oneof(
    fc.record({ voice: fc.integer({ min: 32, max: 4000 }) }),
    fc.record({ silence: fc.integer({ min: 32, max: 4000 }) }),
    fc.record({
      partial: fc.constantFrom('', 'Yes.', 'Mm-hmm.', 'Stop', 'where is my order', '好的'),
      completeness: fc.constantFrom('complete', 'incomplete', 'unknown'),
    }),
    fc.record({ playback: fc.boolean(), interruptible: fc.boolean() }),
    fc.record({ listening: fc.constantFrom(null, yesNo, anything, orderNumber) }),
    fc.constant<ScriptStep>({ digit: true }),
  );

  it('turns are told in order, and every one is over after enough silence', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const caller = line();
        caller.play(...steps, { playback: false, interruptible: true }, { silence: 4000 });
        let open = false;
        // Undefined after a split, which comes with a pause or without.
        let paused: boolean | undefined = false;
        for (const { type } of caller.events) {
          if (type === 'speech-started') {
            expect(open).toBe(false);
            open = true;
            paused = false;
          } else if (type === 'turn-ended' || type === 'speech-dropped') {
            expect(open).toBe(true);
            open = false;
          } else if (type === 'speech-resumed') {
            expect(paused).not.toBe(false);
            paused = false;
          } else if (type === 'speech-paused') {
            expect(open && paused !== true).toBe(true);
            paused = true;
          } else if (type === 'turn-split') {
            expect(open).toBe(true);
            paused = undefined;
          } else if (type === 'barge-in') {
            expect(open).toBe(true);
          }
        }
        expect(open).toBe(false);
      }),
    );
  });
});
