import { describe, expect, it } from 'vitest';
import type { AudioFrame } from '../../../src/core/audio.ts';
import { KefuError } from '../../../src/core/errors.ts';
import type { SpelledReading, SpellingQuestion, SpellingRecognizer } from '../../../src/core/recognition.ts';
import { SpelledTurn } from '../../../src/call/spelled-turn.ts';
import { createCapturedLog } from '../../support/captured-log.ts';

const question: SpellingQuestion = { language: 'en', places: [], collected: '', plausible: [] };
const frame = (value: number, atMs = 0): AudioFrame => ({
  samples: new Int16Array(320).fill(value),
  sampleRateHz: 16_000,
  mediaMs: atMs,
});
const reading = (text: string): SpelledReading => ({ text, otherTexts: [], best: undefined, plausible: [] });

/** A recogniser whose answers the test gives, one after the other. */
function scripted() {
  const asked: {
    samples: Int16Array;
    signal: AbortSignal | undefined;
    answer: (text: string) => void;
    fail: () => void;
  }[] = [];
  const recognizer: SpellingRecognizer = {
    languages: ['en'],
    read: (samples, _rate, _question, signal) =>
      new Promise((resolve, reject) => {
        asked.push({
          samples,
          signal,
          answer: (text) => resolve(reading(text)),
          fail: () => reject(new KefuError('asr_failed', 'It broke.')),
        });
      }),
    close: () => Promise.resolve(),
  };
  return { recognizer, asked };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the spelled side of a turn', () => {
  it('has everything read that was said up to the pause', async () => {
    const { recognizer, asked } = scripted();
    const turn = new SpelledTurn(recognizer, question, createCapturedLog());
    turn.write(frame(1));
    turn.write(frame(2, 20));
    let done = 0;
    turn.ask(() => (done += 1));
    expect(turn.reading).toBe(true);
    expect(asked[0]?.samples).toEqual(Int16Array.from([...frame(1).samples, ...frame(2).samples]));
    asked[0]?.answer('W 2 3');
    await settled();
    expect(turn.newest?.text).toBe('W 2 3');
    expect([turn.reading, done]).toEqual([false, 1]);
  });

  it('forgets the answer to a question that a later one has replaced', async () => {
    const { recognizer, asked } = scripted();
    const turn = new SpelledTurn(recognizer, question, createCapturedLog());
    const told: string[] = [];
    turn.write(frame(1));
    turn.ask(() => told.push('first'));
    turn.write(frame(2, 20));
    turn.ask(() => told.push('second'));
    expect(asked[0]?.signal?.aborted).toBe(true);
    asked[0]?.answer('W 2');
    await settled();
    expect(turn.newest).toBeUndefined();
    asked[1]?.answer('W 2 3 7');
    await settled();
    expect(told).toEqual(['second']);
    expect(turn.newest?.text).toBe('W 2 3 7');
  });

  it('does not hold up the turn when it fails, and says so in the log', async () => {
    const { recognizer, asked } = scripted();
    const log = createCapturedLog();
    const turn = new SpelledTurn(recognizer, question, log);
    let done = 0;
    turn.write(frame(1));
    turn.ask(() => (done += 1));
    asked[0]?.fail();
    await settled();
    expect([turn.reading, turn.newest, done]).toEqual([false, undefined, 1]);
    expect(log.lines.some(({ message }) => message === 'a spelled answer could not be read')).toBe(true);
  });

  it('tells nothing any more once it is closed', async () => {
    const { recognizer, asked } = scripted();
    const turn = new SpelledTurn(recognizer, question, createCapturedLog());
    let done = 0;
    turn.write(frame(1));
    turn.ask(() => (done += 1));
    turn.close();
    asked[0]?.answer('W');
    await settled();
    expect([turn.reading, done]).toEqual([false, 0]);
  });

  it('asks nothing when nothing was said', () => {
    const { recognizer, asked } = scripted();
    const turn = new SpelledTurn(recognizer, question, createCapturedLog());
    turn.ask(() => undefined);
    expect(asked).toHaveLength(0);
    expect(turn.reading).toBe(false);
  });
});
