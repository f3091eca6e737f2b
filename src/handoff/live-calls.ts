import type { CallPhase, LiveCall, MoodPoint, TranscriptLine } from '../core/desk.ts';
import type { CallEvent, CallEventBody, queueChanges } from '../core/events.ts';
import { emotionSchema } from '../core/emotion.ts';

/** What is kept of a long conversation: what a person can read before answering. */
const mostLines = 500;
const mostMoods = 200;

/** Something of a call that people see has changed. */
export type LiveCallChange =
  | { readonly type: 'call'; readonly call: LiveCall }
  | { readonly type: 'line'; readonly callId: string; readonly line: TranscriptLine }
  | { readonly type: 'mood'; readonly callId: string; readonly mood: MoodPoint };

/** A running call as people see it. */
export interface LiveRecord {
  readonly call: LiveCall;
  readonly transcript: readonly TranscriptLine[];
  readonly moods: readonly MoodPoint[];
}

/** The running calls of this node, put together from their events. */
export interface LiveCalls {
  /** Takes the next event of any call. */
  take(event: CallEvent): void;
  get(callId: string): LiveRecord | undefined;
  list(): readonly LiveCall[];
}

const phaseAfter: Readonly<Record<(typeof queueChanges)[number], CallPhase>> = {
  asked: 'waiting',
  place: 'waiting',
  refused: 'kefu',
  left: 'kefu',
  callback: 'kefu',
  answered: 'person',
  on: 'waiting',
  broken: 'waiting',
  released: 'kefu',
};
/** Of the caller's words, where nothing better is known of what they want. */
const longestWanted = 80;

interface Known {
  call: LiveCall;
  lines: TranscriptLine[];
  moods: MoodPoint[];
  /** Line of the turn being said, and of the newest words of Kefu by their number. */
  partial: number | undefined;
  readonly said: Map<number, number>;
  nextLine: number;
  lastWords: string;
  /** Kefu has said what the caller wants. */
  isBriefed: boolean;
}

type Body<Type extends CallEventBody['type']> = Extract<CallEventBody, { type: Type }>;

/** @param tell - learns of each change, at once. */
export function createLiveCalls(tell: (change: LiveCallChange) => void): LiveCalls {
  const calls = new Map<string, Known>();

  function update(known: Known, change: Partial<LiveCall>): void {
    known.call = { ...known.call, ...change };
    tell({ type: 'call', call: known.call });
  }

  function write(known: Known, line: TranscriptLine): void {
    const at = known.lines.findLastIndex(({ id }) => id === line.id);
    if (at >= 0) known.lines[at] = line;
    else known.lines = [...known.lines, line].slice(-mostLines);
    tell({ type: 'line', callId: known.call.callId, line });
  }

  function begin({ callId, atEpochMs }: CallEvent, body: Body<'call-started'>): void {
    const call: LiveCall = {
      callId,
      channel: body.channel,
      gateway: body.gateway,
      from: body.from,
      language: body.language,
      startedAtEpochMs: atEpochMs,
      phase: 'kefu',
      mood: null,
      anger: 0,
      wanted: '',
      customerName: null,
      agents: [],
    };
    const before = calls.get(callId);
    const known: Known = before ?? {
      call,
      lines: [],
      moods: [],
      partial: undefined,
      said: new Map(),
      nextLine: 1,
      lastWords: '',
      isBriefed: false,
    };
    calls.set(callId, known);
    update(known, before ? { phase: 'kefu', agents: [] } : {});
  }

  function callerSaid(known: Known, atEpochMs: number, text: string, final: boolean): void {
    const id = known.partial ?? known.nextLine++;
    known.partial = final ? undefined : id;
    if (text === '' && !final) return;
    write(known, { id, atEpochMs, who: 'caller', text, final });
    if (!final) return;
    known.lastWords = text;
    if (!known.isBriefed) update(known, { wanted: text.slice(0, longestWanted) });
  }

  function felt(known: Known, atEpochMs: number, data: Readonly<Record<string, unknown>>): void {
    const emotion = emotionSchema.safeParse(data.emotion);
    if (!emotion.success) return;
    const { label, score, parts } = emotion.data;
    const mood: MoodPoint = {
      atEpochMs,
      mood: label,
      anger: score,
      words: known.lastWords,
      causes: [...parts.behaviour.signs, ...((parts.voice?.anger ?? 0) >= 0.5 ? ['voice'] : [])],
    };
    known.moods = [...known.moods, mood].slice(-mostMoods);
    tell({ type: 'mood', callId: known.call.callId, mood });
    update(known, { mood: label, anger: score });
  }

  function personChanged(known: Known, body: Body<'person'>): void {
    const others = known.call.agents.filter(({ id }) => id !== body.personId);
    const isHere = body.change === 'left' || body.change === 'lost' ? false : body.mode !== 'listen';
    const agents = isHere ? [...others, { id: body.personId, name: body.name }] : others;
    update(known, { agents });
  }

  function apply(known: Known, { callId, atEpochMs, body }: CallEvent): void {
    switch (body.type) {
      case 'partial':
        callerSaid(known, atEpochMs, body.text, false);
        return;
      case 'turn':
        callerSaid(known, atEpochMs, body.text, true);
        return;
      case 'say': {
        const id = known.nextLine++;
        known.said.set(body.utterance, id);
        write(known, { id, atEpochMs, who: 'kefu', text: body.text, final: false });
        return;
      }
      case 'heard': {
        const id = known.said.get(body.utterance);
        const line = known.lines.find((each) => each.id === id);
        // Words that were cut and taken up again are told of twice: what counts is the longer part.
        if (!line || (line.final && line.text.length > body.text.length)) return;
        write(known, { ...line, text: body.text, final: true });
        return;
      }
      case 'person-said':
        write(known, {
          id: known.nextLine++,
          atEpochMs,
          who: 'agent',
          name: body.name,
          text: body.text,
          final: true,
        });
        return;
      case 'note':
        if (body.name === 'emotion') felt(known, atEpochMs, body.data);
        return;
      case 'transfer':
        known.isBriefed = true;
        update(known, {
          wanted: body.briefing.wanted,
          customerName: body.briefing.customer?.name ?? known.call.customerName,
        });
        return;
      case 'queue':
        update(known, { phase: phaseAfter[body.change] });
        return;
      case 'person':
        personChanged(known, body);
        return;
      case 'call-ended':
        calls.delete(callId);
        update(known, { phase: 'ended', agents: [] });
        return;
      default:
        // Nothing that people see at a desk.
        return;
    }
  }

  return {
    take(event) {
      if (event.body.type === 'call-started') begin(event, event.body);
      else {
        const known = calls.get(event.callId);
        if (known) apply(known, event);
      }
    },
    get(callId) {
      const known = calls.get(callId);
      return known && { call: known.call, transcript: known.lines, moods: known.moods };
    },
    list: () => [...calls.values()].map(({ call }) => call),
  };
}
