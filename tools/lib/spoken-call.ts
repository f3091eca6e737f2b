import type { CallEvent } from '../../src/core/events.ts';
import type { Language } from '../../src/core/language.ts';
import { decodeMulaw, encodeMulaw } from '../../src/media/g711.ts';
import { isAudible } from '../../src/media/level.ts';
import { resampleClip, type Clip } from './audio-file.ts';
import { ConversationState, followCallEvents } from './call-events.ts';
import type { HeardPacket } from './playback-buffer.ts';
import type { CallEnd, CallerClip, SentClip, Caller } from './caller.ts';
import { connectTwilioCaller } from './twilio-caller.ts';

/** What a caller does when it is its turn. */
export type CallStep =
  { readonly type: 'clip'; readonly clip: CallerClip } | { readonly type: 'keys'; readonly digits: string };

export interface SpokenCallOptions {
  /** Makes the call; by default over the Twilio protocol with what stands below. */
  readonly connect?: () => Promise<Caller>;
  readonly url: string;
  readonly from: string;
  readonly to: string;
  readonly language?: Language | undefined;
  readonly authToken?: string | undefined;
  readonly publicUrl?: string | undefined;
  readonly apiToken?: string | undefined;
  readonly steps: readonly CallStep[];
  /** Told each event as it happens. */
  readonly onEvent?: (event: CallEvent) => void;
  /** How long to wait for Kefu's turn to end, in milliseconds. */
  readonly patienceMs?: number;
  /** Chooses the next step itself instead of `steps`, given the events so far; undefined hangs up. */
  readonly nextStep?: (events: readonly CallEvent[]) => CallStep | undefined | Promise<CallStep | undefined>;
}

/** One thing the caller said or keyed, and how long the answer took. */
export interface SpokenTurn {
  readonly name: string;
  /** Line times in milliseconds: beginning of the clip, end of the speech in it. */
  readonly startMs: number;
  readonly speechEndMs: number;
  /** From the end of the speech to the arrival of the first audible packet; undefined for keys and when none came. */
  readonly gapMs: number | undefined;
}

export interface SpokenCall {
  readonly callId: string | undefined;
  readonly turns: readonly SpokenTurn[];
  readonly events: readonly CallEvent[];
  readonly end: CallEnd;
  /** mu-law at 8 kHz from line time 0. */
  readonly heardAudio: Uint8Array;
  readonly sentAudio: Uint8Array;
  /** How late this caller's own packets were at worst. */
  readonly maxLateMs: number;
  /** Breaks inside of what Kefu said, as the caller heard them: a packet came after the one before it had been played. */
  readonly dropouts: number;
}

/** A pause this long after Kefu's last sound counts as its end when the events cannot be seen. */
const quietByEarMs = 1600;
/** Kefu must have been silent for this long before the caller speaks, as people wait. */
const politePauseMs = 350;
const packetSamples = 160;

/** The clip as it goes over the line. */
export function callerClip(name: string, clip: Clip): CallerClip {
  return { name, mulaw: encodeMulaw(resampleClip(clip, 8000)) };
}

/** Shorter sound is a click of the recording, not speech. */
const shortestSpeechPackets = 3;

/** End of the last stretch of at least 60 ms of audible sound in a clip, in milliseconds from its beginning. */
export function speechEndMs({ mulaw }: CallerClip): number {
  const samples = decodeMulaw(mulaw);
  let endMs = 0;
  let run = 0;
  for (let at = 0; at < samples.length; at += packetSamples) {
    run = isAudible(samples.subarray(at, at + packetSamples)) ? run + 1 : 0;
    if (run >= shortestSpeechPackets) endMs = Math.min(at + packetSamples, samples.length) / 8;
  }
  return endMs;
}

/** Calls Kefu in real time, takes its turns, and hangs up. */
export async function makeSpokenCall(options: SpokenCallOptions): Promise<SpokenCall> {
  const caller = await (options.connect?.() ?? connectTwilioCaller(options));
  const state = new ConversationState();
  const following = new AbortController();
  let sighted = caller.callId !== undefined;
  if (caller.callId !== undefined) {
    followCallEvents({
      url: options.url,
      callId: caller.callId,
      apiToken: options.apiToken,
      signal: following.signal,
      onEvent: (event) => {
        state.add(event);
        options.onEvent?.(event);
      },
    }).then(
      (allowed) => (sighted &&= allowed),
      () => (sighted = false),
    );
  }
  const sent: { readonly name: string; readonly sent: SentClip; readonly speechEndMs: number }[] = [];
  try {
    for (let index = 0; ; index += 1) {
      await untilCallersTurn(
        caller,
        state,
        () => sighted,
        options.patienceMs ?? 30_000,
        sent.at(-1)?.speechEndMs ?? 0,
      );
      if (caller.over) break;
      const step = options.nextStep ? await options.nextStep(state.events) : options.steps[index];
      if (!step) break;
      const before = state.answersTaken;
      if (step.type === 'keys') {
        await caller.pressKeys(step.digits);
      } else {
        const clip = await caller.play(step.clip);
        if (!clip) break;
        sent.push({ name: clip.name, sent: clip, speechEndMs: clip.startMs + speechEndMs(step.clip) });
      }
      // What was said must have been taken before Kefu's turn can be over.
      if (sighted) await caller.waitUntil(() => state.answersTaken > before, 8000);
    }
  } finally {
    await caller.hangUp();
    // The last events arrive a moment after the line is gone.
    for (let wait = 0; wait < 30 && sighted && state.events.at(-1)?.body.type !== 'call-ended'; wait += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    following.abort();
  }
  return {
    callId: caller.callId,
    turns: sent.map(({ name, sent: clip, speechEndMs: endMs }) => ({
      name,
      startMs: clip.startMs,
      speechEndMs: endMs,
      gapMs: gapAfter(caller, endMs),
    })),
    events: state.events,
    end: await caller.ended,
    heardAudio: caller.heardAudio(),
    sentAudio: caller.sentAudio(),
    maxLateMs: caller.maxLateMs,
    dropouts: countDropouts(caller.playback.heard),
  };
}

/** Two sentences are further apart than this: a shorter silence between packets was not meant. */
const dropoutLimitMs = 250;

/** How often packets that belong together were played with a break between them. */
export function countDropouts(packets: readonly Pick<HeardPacket, 'startMs' | 'endMs'>[]): number {
  return packets.filter((packet, index) => {
    const breakMs = packet.startMs - (packets[index - 1]?.endMs ?? packet.startMs);
    return breakMs > 0 && breakMs < dropoutLimitMs;
  }).length;
}

function gapAfter(caller: Caller, endMs: number): number | undefined {
  const first = caller.playback.firstAudibleAfter(endMs);
  return first && first.receivedAtMs - endMs;
}

async function untilCallersTurn(
  caller: Caller,
  state: ConversationState,
  sighted: () => boolean,
  patienceMs: number,
  afterMs: number,
): Promise<void> {
  await caller.waitUntil(() => {
    const lastMs = caller.playback.lastAudibleMs;
    if (lastMs === undefined || lastMs <= afterMs) return false;
    const quietMs = caller.nowMs - lastMs;
    return sighted() ? state.callersTurn && quietMs >= politePauseMs : quietMs >= quietByEarMs;
  }, patienceMs);
}
