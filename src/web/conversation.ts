import type { CallEvent, CallEventBody } from '../core/events.ts';
import type { Understanding } from '../core/understanding.ts';

type Body<Type extends CallEventBody['type']> = Extract<CallEventBody, { type: Type }>;

/** One line of a call as people read it. `offsetMs` counts from the start of the call. */
export type Row = { readonly key: number; readonly offsetMs: number } & (
  | {
      readonly kind: 'caller';
      readonly turn: Body<'turn'>;
      readonly partials: readonly string[];
      understanding: { readonly result: Understanding; readonly tookMs: number } | undefined;
      gapMs: number | undefined;
    }
  | { readonly kind: 'kefu'; readonly say: Body<'say'>; heard: readonly Body<'heard'>[] }
  | {
      readonly kind: 'other';
      readonly body: Body<
        | 'digits'
        | 'no-input'
        | 'barge-in'
        | 'false-barge-in'
        | 'task-finished'
        | 'transfer'
        | 'queue'
        | 'person'
        | 'person-said'
        | 'note'
        | 'error'
        | 'call-ended'
      >;
    }
);
type CallerRow = Extract<Row, { kind: 'caller' }>;
type KefuRow = Extract<Row, { kind: 'kefu' }>;

/** The events of a call as lines of a conversation: what belongs to one turn or one utterance is put together. */
export function conversationOf(events: readonly CallEvent[]): readonly Row[] {
  const rows: Row[] = [];
  const startEpochMs = events[0]?.atEpochMs ?? 0;
  let partials: string[] = [];
  const callerRow = (turn: number) =>
    rows.findLast((row): row is CallerRow => row.kind === 'caller' && row.turn.turn === turn);
  const kefuRow = (utterance: number) =>
    rows.findLast((row): row is KefuRow => row.kind === 'kefu' && row.say.utterance === utterance);
  for (const { seq, atEpochMs, body } of events) {
    const place = { key: seq, offsetMs: atEpochMs - startEpochMs };
    switch (body.type) {
      case 'partial':
        if (partials.at(-1) !== body.text && body.text !== '') partials.push(body.text);
        break;
      case 'speech-started':
        partials = [];
        break;
      case 'turn':
        rows.push({
          ...place,
          kind: 'caller',
          turn: body,
          partials,
          understanding: undefined,
          gapMs: undefined,
        });
        partials = [];
        break;
      case 'understood': {
        const row = callerRow(body.turn);
        if (row) row.understanding = { result: body.understanding, tookMs: body.tookMs };
        break;
      }
      case 'response-gap': {
        const row = callerRow(body.turn);
        if (row) row.gapMs = body.gapMs;
        break;
      }
      case 'say':
        rows.push({ ...place, kind: 'kefu', say: body, heard: [] });
        break;
      case 'heard': {
        const row = kefuRow(body.utterance);
        if (row) row.heard = [...row.heard, body];
        break;
      }
      case 'digits':
      case 'no-input':
      case 'barge-in':
      case 'false-barge-in':
      case 'task-finished':
      case 'transfer':
      case 'queue':
      case 'person':
      case 'person-said':
      case 'note':
      case 'error':
      case 'call-ended':
        rows.push({ ...place, kind: 'other', body });
        break;
      case 'call-started':
      case 'line-quality':
      case 'dialog':
      case 'task-started':
        break;
    }
  }
  return rows;
}

/** Stretches of sound by side, in media time, for the drawing. */
export interface Span {
  readonly side: 'caller' | 'kefu';
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

export function spansOf(rows: readonly Row[]): readonly Span[] {
  return rows.flatMap((row): Span[] => {
    if (row.kind === 'caller') {
      const { startMs, endMs, text } = row.turn;
      return [{ side: 'caller', startMs, endMs, text }];
    }
    if (row.kind !== 'kefu') return [];
    return row.heard.flatMap(({ startMs, endMs, text }) =>
      startMs === null || endMs === null ? [] : [{ side: 'kefu' as const, startMs, endMs, text }],
    );
  });
}

/** Median of the response gaps, or undefined when there were none. */
export function medianGapMs(rows: readonly Row[]): number | undefined {
  const gaps = rows
    .flatMap((row) => (row.kind === 'caller' && row.gapMs !== undefined ? [row.gapMs] : []))
    .sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)];
}
