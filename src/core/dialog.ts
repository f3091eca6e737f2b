import { z } from 'zod';
import type { FinishedChange } from './changes.ts';
import type { Language } from './language.ts';
import type { Briefing } from './handoff.ts';
import type { EmotionState, VoiceSound } from './emotion.ts';
import type { SpelledReading, SpellingQuestion } from './recognition.ts';
import type { Utterance } from './speech.ts';
import type { Completeness } from './turn.ts';
import type { Understanding } from './understanding.ts';

/** What kind of answer a question asks for. Decides pauses, keys, understanding and capture. */
export const expectingKinds = [
  'anything',
  'yes_no',
  'choice',
  'order_number',
  'email',
  'person_name',
  'postal_code',
  'phone_number',
  'digits',
  'tax_number',
  'number',
  'amount',
  'date',
  'address',
] as const;
export type ExpectingKind = (typeof expectingKinds)[number];

/** What Kefu waits for after its last words of a turn; the same on every gateway and in the call's events. */
export const expectingSchema = z.object({
  slot: z.string(),
  kind: z.enum(expectingKinds),
  choices: z.array(z.object({ id: z.string(), label: z.string() })).optional(),
  /** Keys that are taken: how many at least and at most before they count as complete without `#`. */
  keys: z.object({ min: z.number().int().positive(), max: z.number().int().positive() }).optional(),
  /** The beginning of the value that was given in earlier turns, such as `W237`. */
  collected: z.string().optional(),
  /** Overrides how long a pause ends the caller's turn, in milliseconds. */
  endOfTurnMs: z.number().positive().optional(),
  /** Overrides how long silence lasts before it counts as no answer, in milliseconds. */
  noInputMs: z.number().positive().optional(),
});
export type Expecting = z.infer<typeof expectingSchema>;

/** A wish, and what an agent knows of the caller who has it. */
export interface KnownWish {
  /** An intent of routing.yaml that leads to a flow or an answer. */
  readonly intent: string;
  /** Who it is, as the shop gave it; null while that is not proved. */
  readonly customer: Readonly<Record<string, unknown>> | null;
  readonly verifiedBy: string;
  /** Who it may be, such as whose number calls: it is asked. */
  readonly candidate: Readonly<Record<string, unknown>> | null;
  /** Number of the order that the call is about; it counts as named by the caller. */
  readonly orderId: string | null;
  /** What the shop can do; null when it is not known. */
  readonly capabilities: readonly string[] | null;
}

/** What happens to a dialog. */
export type DialogEvent =
  | {
      readonly type: 'call-started';
      readonly callId: string;
      readonly gateway: string;
      readonly from: string;
      readonly to: string;
      readonly language: Language;
      readonly atEpochMs: number;
      /** Text channels have no voice: no spelling aids, no keys offered. */
      readonly channel: 'voice' | 'text';
      /** Somebody may be reached through the queue, or by `transferTarget`. */
      readonly hasPeople?: boolean;
      /** Changes of earlier calls from this number whose result was not heard, oldest first. */
      readonly untold?: readonly FinishedChange[];
      /** Set when an agent has one wish of a caller carried out at the desk: nobody is greeted, asked for more or handed over. */
      readonly known?: KnownWish;
    }
  /** The stream was lost and a new one continues the call. */
  | { readonly type: 'call-resumed' }
  /** Kefu has called somebody back who was promised that; the dialog goes on from the `resume` of its `callback` effect. */
  | { readonly type: 'called-back' }
  | {
      readonly type: 'utterance';
      readonly understanding: Understanding;
      readonly confidence: number | undefined;
      readonly alternatives: readonly string[];
      /** What the turn sounded like, when there was enough of a voice. */
      readonly sound?: VoiceSound;
      /** The caller talked over Kefu. */
      readonly interrupted?: boolean;
      /** What the spelling recogniser made of it, where a spelled string was expected. */
      readonly spelled?: SpelledReading | undefined;
    }
  | { readonly type: 'digits'; readonly digits: string }
  /** Options of a choice were pressed on a page, by their ids. */
  | { readonly type: 'chosen'; readonly ids: readonly string[] }
  | { readonly type: 'no-input' }
  /** Speech was heard that nobody could make out. */
  | { readonly type: 'unintelligible' }
  | { readonly type: 'asr-failed' }
  | { readonly type: 'tts-failed' }
  | { readonly type: 'task-slow'; readonly taskId: string }
  | { readonly type: 'task-finished'; readonly taskId: string; readonly result: TaskResult }
  | { readonly type: 'transfer-finished'; readonly ok: boolean; readonly code?: string }
  /** The caller has a place in the queue, or a new position there. `waitMs` is null while nobody on duty suits. */
  | { readonly type: 'queue-position'; readonly position: number; readonly waitMs: number | null }
  | {
      readonly type: 'queue-refused';
      readonly because: 'closed' | 'full';
      readonly instead: 'callback' | 'voicemail' | 'goodbye';
      readonly opensAtEpochMs: number | null;
    }
  /** From here on the caller speaks with a person, and nothing of it reaches the dialog. */
  | { readonly type: 'person-joined'; readonly name: string }
  /**
   * The person has gone: `lost`, and the caller waits at the very front; `queue`, and waits for somebody else; `end`, and only the
   * goodbye is left; `flow`, and Kefu goes on with that flow.
   */
  | { readonly type: 'person-left'; readonly next: 'lost' | 'queue' | 'end' }
  | { readonly type: 'person-left'; readonly next: 'flow'; readonly flow: string }
  | { readonly type: 'voicemail-finished'; readonly ok: boolean; readonly durationMs: number }
  | { readonly type: 'caller-hung-up' };

/** Result of a task; `code` is the shop's problem code or one of Kefu's error codes. */
export const taskResultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.json() }),
  z.object({ ok: z.literal(false), code: z.string(), detail: z.string().optional() }),
]);
export type TaskResult = z.infer<typeof taskResultSchema>;

/** What a dialog wants done. Effects are carried out in order; `say` effects are spoken one after the other. */
export type DialogEffect =
  | { readonly type: 'say'; readonly utterance: Utterance }
  /** Comes after the last words of a turn. */
  | {
      readonly type: 'listen';
      readonly expecting: Expecting;
      /** Set where a string of letters and digits is expected. Unlike `expecting` it stays inside: it holds what the shop knows. */
      readonly spelling?: SpellingQuestion;
      /** The operations that a yes to this question agrees to. */
      readonly changes?: readonly string[];
    }
  | {
      readonly type: 'task';
      readonly taskId: string;
      /** An operation of the shop's port, such as `getOrder`. */
      readonly operation: string;
      readonly input: Readonly<Record<string, unknown>>;
      /** Set for writes only. */
      readonly idempotencyKey?: string;
      /** Ask for a `task-slow` event when the task takes longer than this. */
      readonly slowAfterMs: number;
    }
  | {
      readonly type: 'transfer';
      readonly skill: string;
      readonly target: string;
      readonly briefing: Briefing;
      /** The queue that the flow names; without one, the skill decides. */
      readonly queue?: string;
      /** How angry the caller is, 0 to 1. */
      readonly anger: number;
      /** What is at stake, in the shop's main currency. */
      readonly value: number;
    }
  /** The caller no longer wants a person. */
  | { readonly type: 'leave-queue' }
  /** The caller's place in the queue becomes that of a call to `number`; without a place they get one. */
  | {
      readonly type: 'callback';
      readonly number: string;
      readonly briefing: Briefing;
      /** Where the dialog goes on when the caller has been called back. */
      readonly resume?: DialogState;
    }
  /** Records what the caller says next, until a pause, a key or the limit; `voicemail-finished` follows. */
  | { readonly type: 'voicemail'; readonly limitMs: number; readonly briefing: Briefing }
  | { readonly type: 'language'; readonly language: Language }
  /** Goes into the call's record and nowhere else. */
  | {
      readonly type: 'note';
      readonly name: string;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'end'; readonly outcome: string };

/** Where a dialog stands. JSON throughout: it can be stored, replayed, moved to another node. */
export interface DialogState {
  /** Version of the flows this call began with. */
  readonly flowsVersion: string;
  readonly language: Language;
  readonly ended: boolean;
  /** How the caller feels, turn by turn. */
  readonly emotion?: EmotionState;
  readonly [key: string]: unknown;
}

export interface DialogStep {
  readonly state: DialogState;
  readonly effects: readonly DialogEffect[];
}

/** Pure: the same state and event give the same step. Never throws on anything a caller can say. */
export interface DialogEngine {
  start(event: Extract<DialogEvent, { type: 'call-started' }>): DialogStep;
  advance(state: DialogState, event: DialogEvent): DialogStep;
  /** How complete `text` is as an answer to what is expected; drives how long a pause may be. */
  assess(
    text: string,
    expecting: Expecting | null,
    language: Language,
    spelled?: SpelledReading,
  ): Completeness;
  /** Every utterance with no variable part, for rendering into the prompt cache ahead of calls. */
  fixedUtterances(language: Language): readonly Utterance[];
}
