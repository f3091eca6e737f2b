import type { FinishedChange } from '../core/changes.ts';
import type { DialogEffect, Expecting } from '../core/dialog.ts';
import type { EmotionState, Mood } from '../core/emotion.ts';
import type { Language } from '../core/language.ts';
import type { SpelledReading } from '../core/recognition.ts';
import type { UnsureChunk } from './capture/unsure-chunk.ts';
import type { Utterance } from '../core/speech.ts';
import type { Entity, ScoredIntent } from '../core/understanding.ts';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What an answer of the caller brings: words or keys, with what understanding made of them. */
export interface Heard {
  readonly text: string;
  readonly alternatives: readonly string[];
  readonly spelled?: SpelledReading | undefined;
  readonly confidence: number | null;
  readonly language: Language;
  readonly intents: readonly ScoredIntent[];
  readonly entities: readonly Entity[];
  readonly byKeys: boolean;
  /** Said while a task ran, before the question it now meets was asked. */
  readonly queued: boolean;
  /** The rules for bringing a person have been asked about it. */
  readonly considered?: true;
}

/** A value that was read from what the caller said, before it is asked for or while it is looked up. */
export interface Reading {
  value: string;
  /** Other readings of the same words, best first. */
  others: string[];
  /** False: it should be read back before it is believed. */
  certain: boolean;
  /** Another reading that comes as near and differs in one chunk, which may be asked for again. */
  rival?: string | undefined;
}

/** How far the question of a step has got. */
export interface Progress {
  /** The beginning of a value that comes in chunks. */
  partial: string;
  /** A value that was read back and waits for a yes; `result` is what its check brought. */
  readBack: { value: string; result: Json } | null;
  /** A value of which one chunk may be one of two; the caller was asked which. */
  chunk: (UnsureChunk & { result: Json }) | null;
  /** Values the caller or the shop has turned down. */
  rejected: string[];
  /** A value that is being looked up, with a guess at what else was misheard, and which ones to try when it is not found. */
  check: {
    value: string;
    guess: string | null;
    rest: { value: string; guess: string | null }[];
    /** Inputs that were looked up, as digests. */
    tried: string[];
    /** The shop took so long that the caller was told: what was not tried yet is left. */
    slow: boolean;
    made: number;
    first: string;
    certain: boolean;
    rival: string | null;
  } | null;
  /** First option of the page that was read out. */
  page: number;
  /** Facets of a choice that are settled, and the one that was asked for. */
  narrowed: Record<string, string>;
  facet: string | null;
  /** Inputs of the changes that were read back with a question, as digests by step. */
  readOut: Record<string, string>;
}

export interface Tries {
  noMatch: number;
  noInput: number;
  unintelligible: number;
  notFound: number;
}

/** A flow under way. */
export interface Frame {
  flow: string;
  step: string;
  /** What the flow below does when this one is done: go on after its call, or ask its question again. */
  resume: 'next' | 'ask';
  /** True for flows that answer what the caller came for; they count as requests when they are done. */
  isRequest: boolean;
  /** What the caller wanted before this flow began, to be wanted again after it. */
  intentBefore: string | null;
  tries: Tries;
  progress: Progress;
  /** A value was corrected: what was chosen before still holds on the way to the next yes or no. */
  kept: boolean;
  /** Changes the caller agreed to: digest of the input by name of the change's step. */
  agreed: Record<string, string>;
}

export type TaskEffect = Extract<DialogEffect, { type: 'task' }>;

/** What the main conversation waits for. */
export type Waiting =
  | { readonly for: 'answer'; readonly expecting: Expecting }
  | {
      readonly for: 'task';
      readonly taskId: string;
      readonly isWrite: boolean;
      slow: number;
      /** Asked for once more when the call goes on elsewhere; a write has one effect by its key. */
      readonly task: TaskEffect;
    }
  | { readonly for: 'transfer' }
  /** A person has the caller; `name` may be empty. */
  | { readonly for: 'person'; readonly name: string }
  | { readonly for: 'voicemail' };

/** The caller's place in the queue for people. */
export interface Place {
  /** Where a person was asked for: the conversation comes back there until somebody answers. */
  readonly flow: string;
  readonly step: string;
  /** What was asked for, to be asked for again when the call goes on elsewhere. */
  readonly request: {
    readonly skill: string;
    readonly reason: string;
    readonly queue: string | null;
  };
  /** As last heard; null before the first time, and a wait that nobody knows. */
  position: number | null;
  waitMs: number | null;
  /** What the caller was told last, and how many updates came since. */
  told: { readonly position: number; readonly minutes: number | null } | null;
  updates: number;
  /** The caller knows that Kefu goes on listening. */
  introduced: boolean;
  /** A callback in place of the waiting: `open` until the caller's next words. */
  offer: 'none' | 'open' | 'made';
  /** The caller's anger about the waiting was answered. */
  soothed: boolean;
  /** Sentences that could not be understood. */
  missed: number;
}

/** Why there is no place in the queue. */
export interface Refusal {
  readonly because: 'closed' | 'full';
  readonly instead: 'callback' | 'voicemail' | 'goodbye';
  /** RFC 3339; null when it is not known. */
  readonly opensAt: string | null;
}

/** Look-ups that run while the conversation goes on. */
export interface Background {
  stack: Frame[];
  taskId: string;
}

/** The state of a dialog; JSON throughout. */
export interface CallState {
  flowsVersion: string;
  language: Language;
  ended: boolean;
  call: {
    id: string;
    gateway: string;
    from: string;
    to: string;
    channel: 'voice' | 'text';
    startedAtEpochMs: number;
    /** Somebody may be reached through the queue. */
    hasPeople: boolean;
    /** An agent answers in place of the caller. */
    atDesk?: true;
  };
  slots: Record<string, Json>;
  variables: Record<string, Json>;
  stack: Frame[];
  background: Background[];
  waiting: Waiting | null;
  place: Place | null;
  /** Why the queue was refused last. */
  refused: Refusal | null;
  /** A person has had the caller. */
  served: boolean;
  /** What was said while a task ran, oldest first. */
  queue: Heard[];
  /** Values given before they were asked for, by slot. */
  given: Record<string, Reading>;
  /** All readings of the answer that a slot was filled from, the value first. */
  readings: Record<string, string[]>;
  /** How often each prompt was said, which chooses its wording. */
  said: Record<string, number>;
  /** Everything said since the caller's last turn, for "what was that?". */
  lastSaid: Utterance[];
  /** What the caller wants now, by intent. */
  intent: string | null;
  /** Code of the last problem with the shop or a transfer. */
  problem: string | null;
  /** How the caller feels, turn by turn. */
  emotion: EmotionState;
  mood: Mood;
  /** An apology for the present bad mood has been made. */
  apologised: boolean;
  /** Rules of escalation.yaml that were used, with the turn. */
  rulesUsed: Record<string, number>;
  /** What was said before a person was offered, and how deep the stack was: taken up when the question comes back. */
  heldBack: { readonly heard: Heard; readonly depth: number } | null;
  /** The newest rule that offered or brought a person: its reason, and the words it was used at. */
  escalated: { readonly reason: string; readonly text: string } | null;
  /** Answers that could not be used, in the whole call. */
  failedTurns: number;
  /** What the caller said when asked what is wanted, for people who take over. */
  wish: string;
  /** Questions that the wish was searched for an answer to. */
  heeded: string[];
  /** What was done and promised, one sentence each. */
  done: string[];
  /** Intents of the requests that were begun, each once. */
  asked: string[];
  requestsDone: number;
  /** Speech cannot be recognised: only keys count on. */
  keysOnly: boolean;
  ttsFailures: number;
  /** How fast Kefu speaks: 1 is the voice's own pace, less is slower. */
  pace: number;
  tasks: number;
  /** Changes of earlier calls from this number whose result was not heard. */
  untold: readonly FinishedChange[];
}

export function newFrame(
  flow: string,
  step: string,
  { resume, isRequest, intentBefore }: Pick<Frame, 'resume' | 'isRequest' | 'intentBefore'>,
): Frame {
  return {
    flow,
    step,
    resume,
    isRequest,
    intentBefore,
    tries: newTries(),
    progress: newProgress(),
    kept: false,
    agreed: {},
  };
}

export function newTries(): Tries {
  return { noMatch: 0, noInput: 0, unintelligible: 0, notFound: 0 };
}

export function newProgress(): Progress {
  return {
    partial: '',
    readBack: null,
    chunk: null,
    rejected: [],
    check: null,
    page: 0,
    narrowed: {},
    facet: null,
    readOut: {},
  };
}
