import { describe, expect, it } from 'vitest';
import type { CallEvent, CallEventBody } from '../../../src/core/events.ts';
import { encodeMulaw } from '../../../src/media/g711.ts';
import { summarizeTurns } from '../../../tools/bench/lib/gaps.ts';
import { isAudibleBetween, measureTurns } from '../../../tools/bench/lib/turns.ts';
import { countDropouts, type SpokenCall } from '../../../tools/lib/spoken-call.ts';

let epochMs = 0;
const eventsOf = (...bodies: (CallEventBody | number)[]): CallEvent[] => {
  epochMs = 0;
  const events: CallEvent[] = [];
  for (const body of bodies) {
    if (typeof body === 'number') epochMs = body;
    else events.push({ callId: 'call_1', seq: events.length + 1, atEpochMs: epochMs, body });
  }
  return events;
};
const dialog = (kind: 'anything' | 'order_number' | 'yes_no', slot: string): CallEventBody => ({
  type: 'dialog',
  flow: 'f',
  step: 's',
  expecting: { slot, kind },
});
const turn = (number: number, startMs: number, endMs: number, text: string): CallEventBody => ({
  type: 'turn',
  turn: number,
  text,
  confidence: null,
  alternatives: [],
  startMs,
  endMs,
  endpointingMs: 350,
  recognitionMs: 20,
});
const understood = (number: number, tookMs: number): CallEventBody => ({
  type: 'understood',
  turn: number,
  tookMs,
  understanding: { text: '', language: 'en', intents: [], entities: [] },
});
const say = (text: string): CallEventBody => ({
  type: 'say',
  utterance: 1,
  promptId: 'p',
  text,
  language: 'en',
});
const gap = (number: number, gapMs: number): CallEventBody => ({ type: 'response-gap', turn: number, gapMs });

const silence = (ms: number) => new Uint8Array(ms * 8).fill(0xff);
const tone = (ms: number) =>
  encodeMulaw(Int16Array.from({ length: ms * 8 }, (_, index) => 8000 * Math.sin(index / 3)));
const joined = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

const callWith = (call: Partial<SpokenCall>): SpokenCall => ({
  callId: 'call_1',
  turns: [],
  events: [],
  end: { by: 'kefu', detail: undefined, transfers: [], said: [], streams: 1 },
  heardAudio: silence(10_000),
  sentAudio: silence(10_000),
  maxLateMs: 0,
  dropouts: 0,
  ...call,
});

describe('a measured turn', () => {
  const events = eventsOf(
    dialog('anything', 'intent'),
    5000,
    turn(1, 1000, 1950, 'where is my order'),
    understood(1, 5),
    5010,
    say('What is your order number?'),
    dialog('order_number', 'order_number'),
    5060,
    gap(1, 435),
    turn(2, 4000, 6010, 'W2378156'),
    understood(2, 3),
    say('Order W2378156'),
    gap(2, 600),
  );
  const spoken = { name: 'clip', startMs: 980, speechEndMs: 2000, gapMs: 420 };
  const next = { name: 'number', startMs: 4000, speechEndMs: 6000, gapMs: undefined };

  it('is told by what Kefu was waiting for, and its gap is explained part by part', () => {
    const [first] = measureTurns(callWith({ turns: [spoken, next], events }));
    expect(first).toMatchObject({
      kind: 'anything',
      slot: 'intent',
      heard: 'where is my order',
      turns: [{ text: 'where is my order', endpointingMs: 350, intent: '' }],
      speechMs: 1020,
      gapMs: 420,
      cutIn: false,
    });
    expect(first?.parts).toEqual({
      voiceTailMs: -50,
      endpointingMs: 350,
      recognitionMs: 20,
      understandingMs: 5,
      dialogMs: 10,
      speakingMs: 50,
      restMs: 35,
    });
  });

  it('has no gap and no parts when there was no answer', () => {
    const turns = measureTurns(callWith({ turns: [spoken, next], events }));
    expect(turns[1]).toMatchObject({
      kind: 'order_number',
      heard: 'W2378156',
      gapMs: undefined,
      parts: undefined,
    });
  });

  it('counts the turns that Kefu made of one sentence', () => {
    const split = eventsOf(
      dialog('anything', 'intent'),
      turn(1, 1000, 1300, 'hi um'),
      turn(2, 1600, 2000, 'where is it'),
    );
    const [measured] = measureTurns(callWith({ turns: [spoken], events: split }));
    expect(measured?.turns.map(({ text }) => text)).toEqual(['hi um', 'where is it']);
    expect(measured).toMatchObject({ heard: 'hi um | where is it' });
  });

  it('is marked when Kefu speaks into it, and then left out of the gaps', () => {
    const cut = joined(silence(1500), tone(200), silence(8000));
    const turns = measureTurns(callWith({ turns: [spoken], events, heardAudio: cut }));
    expect(turns[0]?.cutIn).toBe(true);
    expect(summarizeTurns(turns)).toMatchObject({
      all: { count: 0 },
      counts: { turns: 1, cutIn: 1, unanswered: 0 },
    });
  });

  it('is not marked for an echo of the prompt that ends as it begins, nor for the answer', () => {
    const around = joined(silence(500), tone(600), silence(900), tone(2000));
    expect(measureTurns(callWith({ turns: [spoken], events, heardAudio: around }))[0]?.cutIn).toBe(false);
  });
});

describe('the summary of gaps', () => {
  it('goes by kind of question', () => {
    const base = measureTurns(
      callWith({ turns: [{ name: '', startMs: 0, speechEndMs: 100, gapMs: 100 }] }),
    )[0];
    if (!base) throw new Error('There is a turn.');
    const summary = summarizeTurns([
      { ...base, kind: 'yes_no', gapMs: 300 },
      { ...base, kind: 'order_number', gapMs: 500 },
      { ...base, kind: 'yes_no', gapMs: undefined },
    ]);
    expect(summary.all).toMatchObject({ count: 2, p50: 400 });
    expect(summary.byKind['yes or no']).toMatchObject({ count: 1, p50: 300 });
    expect(summary.byKind['order number']).toMatchObject({ count: 1, p50: 500 });
    expect(summary.counts.unanswered).toBe(1);
  });
});

it('what is audible is found between two times only', () => {
  const sound = joined(silence(100), tone(100), silence(100));
  expect(isAudibleBetween(sound, 0, 100)).toBe(false);
  expect(isAudibleBetween(sound, 80, 140)).toBe(true);
  expect(isAudibleBetween(sound, 200, 300)).toBe(false);
});

it('a dropout is a short break between packets, not the pause between two sentences', () => {
  const packet = (startMs: number) => ({ startMs, endMs: startMs + 20 });
  expect(countDropouts([packet(0), packet(20), packet(40)])).toBe(0);
  expect(countDropouts([packet(0), packet(35), packet(55)])).toBe(1);
  expect(countDropouts([packet(0), packet(900)])).toBe(0);
});
