import { z } from 'zod';
import type { WireFormat } from '../../core/audio.ts';
import type { Language } from '../../core/language.ts';
import { parseJson, problemOf } from '../json.ts';
import type { Farewell } from '../voice-session.ts';

/** A message as it goes over the wire: text or binary. */
export type WireMessage = string | Uint8Array;

/** What the first messages of a stream tell about its call; undefined where the vendor tells nothing. */
export interface StreamStart {
  /** The vendor's own id of the call. */
  readonly gatewayCallId: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly language: Language | undefined;
  readonly format: WireFormat;
}

/** One thing a message of the vendor means. */
export type StreamEvent =
  | { readonly type: 'start'; readonly start: StreamStart }
  | {
      readonly type: 'packet';
      /** Own memory: the reader may keep it. */
      readonly payload: Uint8Array;
      readonly sequence?: number | undefined;
      readonly mediaMs?: number | undefined;
    }
  | { readonly type: 'digit'; readonly digit: string }
  | { readonly type: 'mark'; readonly name: string }
  /** The protocol's own goodbye, from the far side. */
  | { readonly type: 'goodbye' }
  /** The far side cannot go on. */
  | { readonly type: 'failed'; readonly problem: string }
  /** What the protocol wants answered at once, whatever the call does. */
  | { readonly type: 'reply'; readonly messages: readonly WireMessage[] }
  /** The far side's buffer is full, or has room again. */
  | { readonly type: 'flow'; readonly paused: boolean }
  /** Known and of no use to Kefu. `note` is an oddity worth a line in the log. */
  | { readonly type: 'ignored'; readonly note?: string }
  /** A message Kefu does not know: vendors add some, so this is no error. `name` is cut to 40 characters. */
  | { readonly type: 'unknown'; readonly name: string }
  /** `problem` says what is wrong and holds none of the message's values. */
  | { readonly type: 'malformed'; readonly problem: string };

/** Translates the messages of one socket. Never throws, whatever comes. */
export interface StreamCodec {
  /** What a text message means. */
  text(message: string): readonly StreamEvent[];
  /** What a binary message means. */
  binary(payload: Uint8Array): readonly StreamEvent[];
  /** Sent once Kefu has answered the call. */
  readonly answered?: () => readonly WireMessage[];
  /** One packet of audio for the caller. */
  readonly audio: (payload: Uint8Array) => WireMessage;
  /** Asks to be told once everything sent has been played; absent where the vendor cannot: then playing time is reckoned. */
  readonly mark?: (name: string) => readonly WireMessage[];
  /** Drops what the vendor has buffered; empty where it buffers nothing. */
  readonly clear: () => readonly WireMessage[];
  /** Said before the socket is closed. */
  readonly goodbye: (farewell: Farewell) => readonly WireMessage[];
  /** True when the far side answers our goodbye with its own, which is then waited for a moment. */
  readonly answersGoodbye?: boolean;
  /** Gives the call away by a message, where the vendor has one: sent instead of the goodbye. */
  readonly transfer?: (target: string) => readonly WireMessage[];
}

type Schemas = Readonly<Record<string, z.ZodType>>;
type Parsed<S extends Schemas> = {
  readonly [Name in keyof S & string]: {
    readonly type: 'message';
    readonly name: Name;
    readonly value: z.infer<S[Name]>;
  };
}[keyof S & string];

/** Reads a JSON message whose field `key` names its kind. Fields that no schema names are ignored: vendors add some. */
export function readMessage<S extends Schemas>(
  text: string,
  key: string,
  schemas: S,
): Parsed<S> | Extract<StreamEvent, { type: 'unknown' | 'malformed' }> {
  const json = parseJson(text);
  if (!json.ok) return { type: 'malformed', problem: 'a text message is not JSON' };
  return readValue(json.value, key, schemas);
}

/** As `readMessage`, for JSON that is parsed already. */
export function readValue<S extends Schemas>(
  value: unknown,
  key: string,
  schemas: S,
): Parsed<S> | Extract<StreamEvent, { type: 'unknown' | 'malformed' }> {
  const envelope = z.record(z.string(), z.unknown()).safeParse(value);
  const name = envelope.data?.[key];
  if (typeof name !== 'string') return { type: 'malformed', problem: `a message has no ${key}` };
  const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
  if (!schema) return { type: 'unknown', name: name.slice(0, 40) };
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { type: 'malformed', problem: `${name}: ${problemOf(parsed.error)}` };
  return { type: 'message', name, value: parsed.data } as Parsed<S>;
}

/** The vendors' ids end up in logs and records: short, and without anything that could break a line. */
export const vendorId = z.string().regex(/^[\w:.@+-]{1,200}$/, { error: 'is not an id' });
/** A number, SIP address or name, as vendors write callers. */
export const party = z.string().max(200);
export const key = z.string().regex(/^[0-9*#A-D]$/, { error: 'is not a key' });
/** Some vendors write their numbers as strings. */
export const wholeNumber = z.union([
  z.number().int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,15}$/, { error: 'is not a whole number' })
    .transform(Number),
]);
/** Standard base64, whole groups only: a payload that decodes to something else than was sent is worse than none. */
export const base64 = z.string().regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, {
  error: 'is not base64',
});

/** A packet of decoded base64, or nothing for an empty one. */
export function packetEvent(payload: string, sequence?: number, mediaMs?: number): StreamEvent {
  if (payload === '') return { type: 'ignored', note: 'an empty packet' };
  return { type: 'packet', payload: Uint8Array.from(Buffer.from(payload, 'base64')), sequence, mediaMs };
}

/** Binary messages that are bare audio. Half a sample at the end means that the two sides disagree about the format. */
export function binaryPacket(payload: Uint8Array, sampleBytes: number): StreamEvent {
  if (payload.byteLength === 0) return { type: 'ignored', note: 'an empty packet' };
  if (payload.byteLength % sampleBytes !== 0)
    return {
      type: 'malformed',
      problem: `a packet of ${payload.byteLength} bytes, which is no whole number of samples`,
    };
  return { type: 'packet', payload: Uint8Array.from(payload) };
}

export function toBase64(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('base64');
}

/** Bytes of one millisecond of audio. */
export function bytesPerMs({ codec, sampleRateHz }: WireFormat): number {
  return (sampleRateHz / 1000) * (codec === 'l16' ? 2 : 1);
}

/** A binary message where the protocol has only text. */
export const textOnly: readonly StreamEvent[] = [
  { type: 'malformed', problem: 'a binary message where text is due' },
];
