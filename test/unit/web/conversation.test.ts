import { describe, expect, it } from 'vitest';
import type { CallEvent, CallEventBody } from '../../../src/core/events.ts';
import { conversationOf, medianGapMs, spansOf, type Row } from '../../../src/web/conversation.ts';
import { callEnded, callStarted, eventScript, noted } from '../../support/call-events.ts';

function eventsOf(...bodies: readonly CallEventBody[]): CallEvent[] {
  const script = eventScript();
  return bodies.map((body) => script.next(body));
}

const turn = (number: number, text: string, startMs = 1000): CallEventBody => ({
  type: 'turn',
  turn: number,
  text,
  confidence: 0.9,
  alternatives: [],
  startMs,
  endMs: startMs + 800,
  endpointingMs: 400,
  recognitionMs: 20,
});
const partial = (number: number, text: string): CallEventBody => ({
  type: 'partial',
  turn: number,
  text,
  mediaMs: 0,
});
const started = (number: number): CallEventBody => ({ type: 'speech-started', turn: number, mediaMs: 0 });
const understood = (number: number, intent: string): CallEventBody => ({
  type: 'understood',
  turn: number,
  understanding: { text: '', language: 'en', intents: [{ intent, score: 0.9 }], entities: [] },
  tookMs: 12,
});
const gap = (number: number, gapMs: number): CallEventBody => ({ type: 'response-gap', turn: number, gapMs });
const say = (utterance: number, text: string): CallEventBody => ({
  type: 'say',
  utterance,
  promptId: 'welcome.greeting',
  text,
  language: 'en',
});
const heard = (
  utterance: number,
  text: string,
  complete: boolean,
  startMs: number | null = 0,
  endMs: number | null = 500,
): CallEventBody => ({ type: 'heard', utterance, text, complete, startMs, endMs });

const kinds = (rows: readonly Row[]) => rows.map(({ kind }) => kind);
function callerRows(rows: readonly Row[]) {
  return rows.filter((row) => row.kind === 'caller');
}

describe('the conversation of a call', () => {
  it('is empty when nothing has happened', () => {
    expect(conversationOf([])).toEqual([]);
    expect(spansOf([])).toEqual([]);
    expect(medianGapMs([])).toBeUndefined();
  });

  it('puts what belongs to one turn together, whatever came between', () => {
    const rows = conversationOf(
      eventsOf(
        callStarted(),
        say(1, 'Hello.'),
        heard(1, 'Hello.', true),
        started(1),
        partial(1, 'where'),
        partial(1, 'where is'),
        turn(1, 'Where is my order?'),
        say(2, 'One moment.'),
        understood(1, 'order_status'),
        gap(1, 620),
      ),
    );
    expect(kinds(rows)).toEqual(['kefu', 'caller', 'kefu']);
    expect(callerRows(rows)[0]).toMatchObject({
      turn: { text: 'Where is my order?' },
      partials: ['where', 'where is'],
      understanding: { result: { intents: [{ intent: 'order_status' }] }, tookMs: 12 },
      gapMs: 620,
    });
    expect(rows.map(({ offsetMs }) => offsetMs)).toEqual([10, 60, 70]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  });

  it('shows each partial text once, and none of speech that came to nothing', () => {
    const rows = conversationOf(
      eventsOf(
        started(1),
        partial(1, 'uh'),
        started(2),
        partial(2, ''),
        partial(2, 'yes'),
        partial(2, 'yes'),
        partial(2, 'yes please'),
        turn(2, 'Yes, please.'),
        started(3),
        turn(3, 'Thanks.'),
      ),
    );
    expect(callerRows(rows).map(({ partials }) => partials)).toEqual([['yes', 'yes please'], []]);
  });

  it('tells what was really heard of each utterance, in as many pieces as it was said', () => {
    const rows = conversationOf(
      eventsOf(
        say(1, 'Your order comes in two packages.'),
        say(2, 'Is there more?'),
        heard(1, 'Your order', false),
        heard(1, 'Your order comes in two packages.', true),
        heard(2, '', false, null, null),
      ),
    );
    const pieces = rows.map((row) => (row.kind === 'kefu' ? row.heard.map(({ text }) => text) : []));
    expect(pieces).toEqual([['Your order', 'Your order comes in two packages.'], ['']]);
  });

  it('gives a gap to the newest turn of its number: a call that came back counts from 1 again', () => {
    const rows = conversationOf(
      eventsOf(turn(1, 'Agent.'), gap(1, 500), callStarted({ resumed: true }), turn(1, 'Yes.'), gap(1, 700)),
    );
    expect(callerRows(rows).map(({ gapMs }) => gapMs)).toEqual([500, 700]);
  });

  it('keeps everything else that people want to see in its place, and leaves the machinery out', () => {
    const rows = conversationOf(
      eventsOf(
        callStarted(),
        { type: 'dialog', flow: 'welcome', step: 'request', expecting: null },
        { type: 'digits', digits: '123' },
        { type: 'no-input' },
        { type: 'barge-in', mediaMs: 1 },
        { type: 'task-started', taskId: '1', operation: 'getOrder', write: false },
        { type: 'task-finished', taskId: '1', operation: 'getOrder', ok: true, code: null, tookMs: 3 },
        noted({ a: 1 }),
        { type: 'error', code: 'asr_failed', message: 'no text' },
        callEnded(),
      ),
    );
    const shown = rows.map((row) => (row.kind === 'other' ? row.body.type : row.kind));
    expect(shown).toEqual(['digits', 'no-input', 'barge-in', 'task-finished', 'note', 'error', 'call-ended']);
  });

  it('ignores what belongs to a turn or an utterance it has not seen', () => {
    expect(conversationOf(eventsOf(understood(7, 'x'), gap(7, 1), heard(7, 'x', true)))).toEqual([]);
  });
});

describe('the drawing of a call', () => {
  it('has a stretch for each turn and for each piece of Kefu that was heard', () => {
    const rows = conversationOf(
      eventsOf(
        say(1, 'Hello there.'),
        heard(1, 'Hello', false, 0, 400),
        heard(1, 'Hello there.', true, 900, 1500),
        turn(1, 'Hi.', 2000),
        say(2, 'Never said.'),
        heard(2, '', false, null, null),
      ),
    );
    expect(spansOf(rows)).toEqual([
      { side: 'kefu', startMs: 0, endMs: 400, text: 'Hello' },
      { side: 'kefu', startMs: 900, endMs: 1500, text: 'Hello there.' },
      { side: 'caller', startMs: 2000, endMs: 2800, text: 'Hi.' },
    ]);
  });
});

describe('the median gap', () => {
  it('is the middle of the gaps there are, the upper one of two', () => {
    const rowsOf = (...gaps: readonly number[]) =>
      conversationOf(
        eventsOf(
          ...gaps.flatMap((gapMs, index) => [turn(index, 'x'), gap(index, gapMs)]),
          turn(99, 'unanswered'),
        ),
      );
    expect(medianGapMs(rowsOf(900, 300, 500))).toBe(500);
    expect(medianGapMs(rowsOf(300, 900))).toBe(900);
  });
});
