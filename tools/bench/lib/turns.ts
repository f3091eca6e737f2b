import type { CallEvent, CallEventBody } from '../../../src/core/events.ts';
import { decodeMulaw } from '../../../src/media/g711.ts';
import { isAudible } from '../../../src/media/level.ts';
import type { SpokenCall, SpokenTurn } from '../../lib/spoken-call.ts';

/** Where the time of an answer went, in milliseconds; together they are the gap that the caller measured. */
export interface GapParts {
  /** End of speech as Kefu's voice detector saw it, after (positive) or before the end in the audio sent. */
  readonly voiceTailMs: number;
  /** Pause that was waited until the turn counted as over. */
  readonly endpointingMs: number;
  /** What recognition took beyond that. */
  readonly recognitionMs: number;
  readonly understandingMs: number;
  /** Dialog and shop: from the meaning to the first words decided. */
  readonly dialogMs: number;
  /** Synthesis and playout: from the words to the first audible packet sent. */
  readonly speakingMs: number;
  /** The line, timers, and what the above left out. */
  readonly restMs: number;
}

/** A turn as Kefu took it. Times are media times. */
export interface TakenTurn {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly endpointingMs: number;
  readonly recognitionMs: number;
  /** The best intent with its score, such as `order_status 0.98`; empty when none was found. */
  readonly intent: string;
}

/** One thing a caller said, and its answer. */
export interface MeasuredTurn {
  readonly callId: string | undefined;
  readonly name: string;
  /** What Kefu was waiting for: the kind and the slot of its question. */
  readonly kind: string;
  readonly slot: string;
  /** As Kefu understood it; parts that Kefu took for separate turns are joined by ` | `. */
  readonly heard: string;
  /** The turns that Kefu made of it: mostly one. */
  readonly turns: readonly TakenTurn[];
  readonly speechMs: number;
  /** End of speech to the first audible packet; undefined when there was no answer. */
  readonly gapMs: number | undefined;
  /** Kefu spoke while the caller was still speaking: the gap says nothing then. */
  readonly cutIn: boolean;
  readonly parts: GapParts | undefined;
}

type EventOf<Type extends CallEventBody['type']> = CallEvent & {
  readonly body: Extract<CallEventBody, { readonly type: Type }>;
};

function isOf<Type extends CallEventBody['type']>(type: Type) {
  return (event: CallEvent): event is EventOf<Type> => event.body.type === type;
}

/** Speech may be detected this much before its beginning in the clip. */
const earlyMs = 400;
/** Sound of Kefu that begins within this time of the caller's is no cutting in: both began together. */
const togetherMs = 150;
const packetMs = 20;
const samplesPerMs = 8;

/**
 * The turns of a call as its caller measured them, with what the call's events tell about each. A call's media time is the
 * caller's line time: both begin with the first packet.
 */
export function measureTurns(call: SpokenCall): MeasuredTurn[] {
  return call.turns.map((turn, index) => {
    const untilMs = call.turns[index + 1]?.startMs ?? Infinity;
    return measureTurn(call, turn, untilMs - earlyMs);
  });
}

function measureTurn(call: SpokenCall, turn: SpokenTurn, untilMs: number): MeasuredTurn {
  const { events } = call;
  const taken = events
    .filter(isOf('turn'))
    .filter(({ body }) => body.startMs >= turn.startMs - earlyMs && body.startMs < untilMs);
  const last = taken.at(-1);
  const first = taken[0];
  const asked = events
    .filter(isOf('dialog'))
    .findLast(({ seq, body }) => body.expecting !== null && seq < (first?.seq ?? Infinity));
  const gapMs = turn.gapMs === undefined ? undefined : Math.round(turn.gapMs);
  return {
    callId: call.callId,
    name: turn.name,
    kind: asked?.body.expecting?.kind ?? 'none',
    slot: asked?.body.expecting?.slot ?? '',
    heard: taken.map(({ body }) => body.text).join(' | '),
    turns: taken.map(({ body }) => takenTurn(events, body)),
    speechMs: Math.round(turn.speechEndMs - turn.startMs),
    gapMs,
    cutIn: isAudibleBetween(call.heardAudio, turn.startMs + togetherMs, turn.speechEndMs),
    parts: last && gapMs !== undefined ? partsOf(events, last, turn.speechEndMs, gapMs) : undefined,
  };
}

function takenTurn(
  events: readonly CallEvent[],
  { turn, text, startMs, endMs, endpointingMs, recognitionMs }: EventOf<'turn'>['body'],
): TakenTurn {
  const understood = events.filter(isOf('understood')).find(({ body }) => body.turn === turn);
  const best = understood?.body.understanding.intents[0];
  const intent = best ? `${best.intent} ${best.score.toFixed(2)}` : '';
  return { text, startMs, endMs, endpointingMs, recognitionMs, intent };
}

function partsOf(
  events: readonly CallEvent[],
  { seq, body }: EventOf<'turn'>,
  speechEndMs: number,
  gapMs: number,
): GapParts | undefined {
  const understood = events.filter(isOf('understood')).find((event) => event.body.turn === body.turn);
  const say = events.filter(isOf('say')).find((event) => event.seq > seq);
  const audible = events.filter(isOf('response-gap')).find((event) => event.body.turn === body.turn);
  if (!understood || !say || !audible) return undefined;
  const parts = {
    voiceTailMs: Math.round(body.endMs - speechEndMs),
    endpointingMs: Math.round(body.endpointingMs),
    recognitionMs: Math.round(body.recognitionMs),
    understandingMs: understood.body.tookMs,
    dialogMs: say.atEpochMs - understood.atEpochMs,
    speakingMs: audible.atEpochMs - say.atEpochMs,
  };
  return { ...parts, restMs: gapMs - Object.values(parts).reduce((total, part) => total + part, 0) };
}

/** Whether mu-law that was heard has an audible packet in a stretch of line time. */
export function isAudibleBetween(mulaw: Uint8Array, fromMs: number, toMs: number): boolean {
  for (let atMs = fromMs; atMs + packetMs <= toMs; atMs += packetMs) {
    const from = Math.round(atMs * samplesPerMs);
    if (isAudible(decodeMulaw(mulaw.subarray(from, from + packetMs * samplesPerMs)))) return true;
  }
  return false;
}

/** A kind of question as tables name it. */
export function kindName(kind: string): string {
  const names: Readonly<Record<string, string>> = {
    anything: 'open question',
    order_number: 'order number',
    yes_no: 'yes or no',
  };
  return names[kind] ?? kind;
}
