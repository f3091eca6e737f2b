import { setTimeout as delay } from 'node:timers/promises';
import type { CallEvent, CallEventBody } from '../../src/core/events.ts';
import { spokenKinds, type SpeechPart } from '../../src/core/speech.ts';
import { encodeMulaw } from '../../src/media/g711.ts';
import { ConversationState, followCallEvents } from '../../tools/lib/call-events.ts';
import type { CallerVoice } from '../../tools/lib/caller-voice.ts';
import { speechEndMs } from '../../tools/lib/spoken-call.ts';
import type { Transcriber } from '../../tools/lib/transcriber.ts';
import type { CallerClip } from '../../tools/lib/caller.ts';
import { connectTwilioCaller, type TwilioCaller } from '../../tools/lib/twilio-caller.ts';
import {
  isAlwaysTaken,
  isTaken,
  type Answer,
  type PlayedScenario,
  type Scenario,
  type Turn,
} from './spoken-scenario.ts';

/** Kefu must have been silent for this long before the caller speaks, as people wait. */
const politePauseMs = 350;
/** What does not come within this time never does; nothing is measured by it. */
const patienceMs = 60_000;

/** Calls Kefu and plays a scenario in real time. */
export async function playScenario(
  scenario: Scenario,
  tools: { readonly url: string; readonly voice: CallerVoice; readonly transcriber: Transcriber },
): Promise<PlayedScenario> {
  // Made before the call: making them takes the time of the machine that the call needs.
  const clips: (CallerClip | undefined)[] = [];
  for (const turn of scenario.turns) clips.push(await clipOf(turn, tools.voice));

  const caller = await connectTwilioCaller({
    url: tools.url.replace(/^http/, 'ws'),
    from: scenario.from,
    to: '+18005550100',
    dialOutcome: scenario.people === 'do not answer' ? 'no-answer' : 'completed',
  });
  const player = new Player(caller);
  const following = new AbortController();
  const followed = follow(caller, tools.url, player.state, following.signal);
  /** Of each turn that comes in any case: where it begins, and where the last one that belongs to it does. */
  const marks: { readonly from: number; last: number }[] = [];
  try {
    await player.untilMyTurn('the greeting');
    for (const [index, turn] of scenario.turns.entries()) {
      if (!isTaken(turn, player.saidLast)) continue;
      const from = await player.take(turn, clips[index], scenario.turns[index + 1]);
      const before = marks.at(-1);
      if (isAlwaysTaken(turn)) marks.push({ from, last: from });
      else if (before) before.last = from;
    }
  } finally {
    await caller.hangUp();
    await player.untilRecorded();
    following.abort();
    await followed;
  }
  const { events } = player.state;
  const heard = await tools.transcriber.transcribe(caller.heardAudio());
  const recognised = heard.map(({ text }) => text).join(' ');
  return {
    events,
    end: await caller.ended,
    answers: [0, ...marks.map(({ last }) => last)].map((from, index) =>
      answerOf(events, from, marks[index]?.from ?? Infinity),
    ),
    recognised,
    transcript: `${transcriptOf(events)}\nrecognised: ${recognised}`,
  };
}

/** Follows the events of a call, also when it comes back after its first end. */
export async function follow(
  { callId }: TwilioCaller,
  url: string,
  state: ConversationState,
  signal: AbortSignal,
): Promise<void> {
  if (callId === undefined) throw new Error('Kefu gave the call no id.');
  while (!signal.aborted) {
    const afterSeq = state.events.at(-1)?.seq ?? 0;
    const onEvent = (event: CallEvent) => state.add(event);
    try {
      await followCallEvents({ url, callId, apiToken: undefined, signal, afterSeq, onEvent });
    } catch (error) {
      // A Kefu that is starting again does not answer yet; whoever waits for its events has a limit.
      const stopped = error instanceof Error && error.name === 'AbortError';
      if (!stopped && !isConnectionError(error)) throw error;
    }
    await delay(100);
  }
}

/** What `fetch` throws when nobody listens, or when a connection breaks. */
function isConnectionError(error: unknown): boolean {
  return error instanceof TypeError;
}

class Player {
  readonly state = new ConversationState();
  readonly #caller: TwilioCaller;
  #spokenUntilMs = 0;
  #lastTurnSeq = 0;

  constructor(caller: TwilioCaller) {
    this.#caller = caller;
  }

  /** Kefu's words since the caller's last turn. */
  get saidLast(): string {
    return this.state.events
      .filter(({ seq }) => seq > this.#lastTurnSeq)
      .flatMap(({ body }) => (body.type === 'say' ? [body.text] : []))
      .join(' ');
  }

  /** Takes one turn and waits for what follows from it; returns the number of the last event before it. */
  async take(turn: Turn, clip: CallerClip | undefined, next: Turn | undefined): Promise<number> {
    const caller = this.#caller;
    if ('during' in turn && turn.during) {
      const begunMs = this.#spokenUntilMs;
      await this.#until(
        () => caller.playback.firstAudibleAfter(begunMs) !== undefined,
        'an answer to interrupt',
      );
      const fromMs = (caller.playback.firstAudibleAfter(begunMs)?.startMs ?? 0) + turn.during.afterMs;
      await this.#until(() => caller.nowMs >= fromMs, 'the moment to interrupt');
    }
    const before = this.state.events.at(-1)?.seq ?? 0;
    this.#lastTurnSeq = before;
    const taken = this.state.answersTaken;
    if (caller.over) throw new Error(`The call was over before the caller's turn.\n${this.#story()}`);
    if ('silent' in turn) {
      const asked = this.#count('no-input');
      await this.#until(
        () =>
          caller.over || (this.#count('no-input') > asked && this.#saidSince(before) && this.#mayISpeak()),
        'Kefu to speak up by itself',
      );
      return before;
    }
    if ('keys' in turn) {
      await caller.pressKeys(turn.keys);
      this.#spokenUntilMs = caller.nowMs;
    } else if (clip) {
      const sent = await caller.play(clip);
      if (!sent) throw new Error(`The call was over while the caller spoke.\n${this.#story()}`);
      this.#spokenUntilMs = sent.startMs + speechEndMs(clip);
    }
    // Noise and backchannels get no answer: Kefu says what it has to say, and that is all.
    const isHum =
      isAlwaysTaken(turn) &&
      'say' in turn &&
      (turn.hum === true || turn.notEvents?.includes('turn') === true);
    const getsAnswer = !isHum && !('noise' in turn);
    const endedMs = this.#spokenUntilMs;
    if (next && 'during' in next && next.during) {
      if (getsAnswer) await this.#until(() => this.state.answersTaken > taken, 'Kefu to take the turn');
      return before;
    }
    if (getsAnswer) {
      await this.#until(() => caller.over || this.state.answersTaken > taken, 'Kefu to take the turn');
      await this.untilMyTurn('an answer', endedMs);
    } else {
      const settledMs = caller.nowMs + 2_500;
      await this.#until(
        () => caller.over || (caller.nowMs > settledMs && this.#mayISpeak()),
        'Kefu to finish what it was saying',
      );
    }
    return before;
  }

  /** Waits until Kefu has said everything and waits for the caller, or the call is over. */
  async untilMyTurn(what: string, afterMs = 0): Promise<void> {
    const caller = this.#caller;
    await this.#until(
      () => caller.over || ((caller.playback.lastAudibleMs ?? 0) > afterMs && this.#mayISpeak()),
      what,
    );
  }

  /** The last events arrive a moment after the line is gone. */
  async untilRecorded(): Promise<void> {
    for (let waitedMs = 0; waitedMs < 15_000 && !this.#recorded; waitedMs += 50) await delay(50);
  }

  get #recorded(): boolean {
    return this.state.events.at(-1)?.body.type === 'call-ended';
  }

  #mayISpeak(): boolean {
    const { lastAudibleMs } = this.#caller.playback;
    return (
      this.state.callersTurn &&
      lastAudibleMs !== undefined &&
      this.#caller.nowMs - lastAudibleMs >= politePauseMs
    );
  }

  #count(type: CallEventBody['type']): number {
    return this.state.events.filter(({ body }) => body.type === type).length;
  }

  #saidSince(seq: number): boolean {
    return this.state.events.some((event) => event.seq > seq && event.body.type === 'say');
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    if (await this.#caller.waitUntil(condition, patienceMs)) return;
    if (this.#caller.over && condition()) return;
    const why = this.#caller.over ? 'The call was over' : 'Waited in vain';
    throw new Error(`${why} while waiting for ${what}.\n${this.#story()}`);
  }

  #story(): string {
    return transcriptOf(this.state.events);
  }
}

async function clipOf(turn: Turn, voice: CallerVoice): Promise<CallerClip | undefined> {
  if ('say' in turn) return voice.say(speechParts(turn.say));
  if ('noise' in turn) return noiseClip(turn.noise.ms, turn.noise.dbfs);
  return undefined;
}

/** `My number is {order_number:W2378156}.` as words and a value. */
export function speechParts(words: string): SpeechPart[] {
  return words.split(/(\{\w+:[^}]+\})/).flatMap((piece): SpeechPart[] => {
    const [, kindName, value] = /^\{(\w+):([^}]+)\}$/.exec(piece) ?? [];
    if (kindName === undefined || value === undefined)
      return piece === '' ? [] : [{ type: 'text', text: piece }];
    const kind = spokenKinds.find((name) => name === kindName);
    if (!kind) throw new Error(`${kindName} is no kind of value that a voice can read out`);
    return [{ type: 'value', kind, text: value, value }];
  });
}

function noiseClip(durationMs: number, dbfs: number): CallerClip {
  let state = 1;
  const amplitude = 32_768 * 10 ** (dbfs / 20) * Math.sqrt(3);
  const samples = Int16Array.from({ length: Math.round(durationMs * 8) }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.max(-32_768, Math.min(32_767, (state / 2 ** 31 - 1) * amplitude));
  });
  return { name: 'noise', mulaw: encodeMulaw(samples) };
}

function answerOf(events: readonly CallEvent[], fromSeq: number, toSeq: number): Answer {
  const own = events.filter(({ seq }) => seq > fromSeq && seq <= toSeq);
  const words = own.flatMap(({ body }) => (body.type === 'heard' && body.text !== '' ? [body.text] : []));
  const place = events.findLast(({ seq, body }) => seq <= toSeq && body.type === 'dialog')?.body;
  return {
    words: words.join(' '),
    expecting: place?.type === 'dialog' ? place.expecting?.slot : undefined,
    events: own,
  };
}

/** The conversation line by line. */
export function transcriptOf(events: readonly CallEvent[]): string {
  const startEpochMs = events[0]?.atEpochMs ?? 0;
  const lines = events.flatMap(({ atEpochMs, body }) => {
    const at = ((atEpochMs - startEpochMs) / 1000).toFixed(1).padStart(6);
    const line = lineOf(body);
    return line === undefined ? [] : [`${at}  ${line}`];
  });
  return lines.join('\n');
}

function lineOf(body: CallEventBody): string | undefined {
  switch (body.type) {
    case 'heard':
      return `Kefu    ${body.text}${body.complete ? '' : ' [cut]'}`;
    case 'turn':
      return `Caller  ${body.text}`;
    case 'digits':
      return `Caller  [keys] ${body.digits}`;
    case 'dialog':
      return `        (${body.flow}.${body.step} expects ${body.expecting?.slot ?? 'nothing'})`;
    case 'task-finished':
      return `        (${body.operation}: ${body.code ?? 'ok'}, ${body.tookMs} ms)`;
    case 'transfer':
      return `        (transfer to ${body.target}: ${body.ok === null ? 'begins' : (body.code ?? 'ok')})`;
    case 'note':
      return `        (${body.name} ${JSON.stringify(body.data)})`;
    case 'error':
      return `        (error ${body.code}: ${body.message})`;
    case 'call-ended':
      return `        (ended: ${body.reason}, ${body.outcome})`;
    case 'queue':
      return `        (queue: ${body.change} ${String(body.position ?? '')})`;
    case 'person':
      return `        (${body.name} ${body.change})`;
    case 'person-said':
      return `${body.name.padEnd(8)}${body.text}`;
    case 'understood':
      return `        (${body.understanding.intents.map(({ intent, score }) => `${intent} ${score.toFixed(2)}`).join(', ')})`;
    case 'call-started':
    case 'no-input':
    case 'barge-in':
    case 'false-barge-in':
    case 'speech-started':
      return `        (${body.type})`;
    case 'line-quality':
    case 'partial':
    case 'task-started':
    case 'say':
    case 'response-gap':
      return undefined;
  }
}
