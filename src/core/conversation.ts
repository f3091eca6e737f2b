import type { DialogEvent, DialogState } from './dialog.ts';
import type { Briefing, Contact } from './handoff.ts';
import type { Language } from './language.ts';

/**
 * How a person takes part in a call.
 *
 * - `talk`: hears everybody and is heard by everybody
 * - `listen`: hears everybody, is heard by nobody
 * - `whisper`: hears everybody, is heard by those who talk, but not by the caller
 * - `aside`: hears and is heard by those who are aside, too, and by nobody else
 */
export const seatModes = ['talk', 'listen', 'whisper', 'aside'] as const;
export type SeatMode = (typeof seatModes)[number];

/** Somebody of the shop. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A person's place in a call. Everything is ignored after `leave`. */
export interface Seat {
  setMode(mode: SeatMode): void;
  /** What the person says: samples at 16 kHz, as they come. */
  speak(samples: Int16Array): void;
  /** The person says nothing for now, and sends no silence either. */
  pause(): void;
  /** Idempotent. */
  leave(): void;
}

/** What happens to a caller who wants a person, as the dialog is told it. */
export type PersonEvent = Extract<
  DialogEvent,
  { type: 'queue-position' | 'queue-refused' | 'person-joined' | 'person-left' }
>;

/** A running call as people work with it. */
export interface PeopleCall {
  readonly callId: string;
  readonly channel: 'voice' | 'text';
  /** `hear` gets what this person hears, as samples at 16 kHz of any number; never called on a text channel. */
  sit(person: Person, mode: SeatMode, hear: (samples: Int16Array) => void): Seat;
  /** While on hold the caller hears music, and those who talk do not hear the caller. */
  hold(on: boolean): void;
  /** Writes to the caller of a text channel. */
  write(person: Person, text: string): void;
  /** Sends the tones of keys to the caller's side. */
  keys(digits: string): void;
  tell(event: PersonEvent): void;
  /** Puts something that people did into the call's record. */
  note(name: string, data: Readonly<Record<string, unknown>>): void;
  /** Hands the caller to a number or SIP address and ends Kefu's part. Rejects with `transfer_failed` or `transfer_unsupported`. */
  transfer(target: string): Promise<void>;
}

/** Why and for what a caller wants a person. */
export interface PersonWish {
  readonly contact: Omit<Contact, 'id' | 'channel'>;
  readonly briefing: Briefing;
}

/** A call's place at the switchboard. */
export interface CallPlace {
  /** The caller shall have a person. What comes of it is told by `PeopleCall.tell`. */
  request(wish: PersonWish): void;
  /** The caller no longer wants one. */
  leaveQueue(): void;
  /** The caller shall be called at `number` when it is their turn; a place in the queue is kept. */
  callback(number: string, wish: PersonWish, resume: DialogState | undefined): void;
  /** The caller has left a message, which somebody shall hear and answer. */
  message(text: string, wish: PersonWish): void;
  /** The call is over; `mayReturn`: its stream is lost, and the caller may come back under the same id. Idempotent. */
  ended(mayReturn: boolean): void;
}

/** Joins calls and people on one node. */
export interface Switchboard {
  /** Whether there is anybody who could ever answer; nobody may be on duty right now. */
  readonly hasPeople: boolean;
  register(call: PeopleCall, language: Language): CallPlace;
}
