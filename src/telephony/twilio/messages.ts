import { z } from 'zod';

/**
 * The messages of Twilio's bidirectional Media Streams as Twilio documents them (Voice, Media Streams, WebSocket messages).
 * Fields that Kefu does not use are not demanded, and fields it does not know are ignored: Twilio may add some.
 */

const sequenceNumber = z.string().optional();
const streamSid = z.string().min(1).max(64);
/** Standard base64 with padding, whole groups only: a payload that decodes to something else than was sent is worse than none. */
const base64 = z.string().regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, {
  error: 'is not base64',
});
/** Twilio writes its numbers as strings. */
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, { error: 'is not a whole number in a string' })
  .transform(Number);

export const connectedSchema = z.object({
  event: z.literal('connected'),
  protocol: z.string().optional(),
  version: z.string().optional(),
});

export const startSchema = z.object({
  event: z.literal('start'),
  sequenceNumber,
  streamSid,
  start: z.object({
    accountSid: z.string().optional(),
    /** Becomes part of file names and logs, so nothing but letters and digits. */
    callSid: z.string().regex(/^[A-Za-z0-9]{1,64}$/, { error: 'is not a call SID' }),
    streamSid: streamSid.optional(),
    tracks: z.array(z.string()).optional(),
    mediaFormat: z.object({
      encoding: z.literal('audio/x-mulaw'),
      sampleRate: z.literal(8000),
      channels: z.literal(1),
    }),
    customParameters: z.record(z.string(), z.string()).default({}),
  }),
});
export type TwilioStart = z.infer<typeof startSchema>;

export const mediaSchema = z.object({
  event: z.literal('media'),
  sequenceNumber,
  streamSid,
  media: z.object({
    track: z.string().default('inbound'),
    /** Running number of the packet within its track, from 1. */
    chunk: wholeNumber.optional(),
    /** Milliseconds since the start of the stream. */
    timestamp: wholeNumber.optional(),
    payload: base64,
  }),
});

export const dtmfSchema = z.object({
  event: z.literal('dtmf'),
  sequenceNumber,
  streamSid,
  dtmf: z.object({
    track: z.string().optional(),
    digit: z.string().regex(/^[0-9*#A-D]$/, { error: 'is not a key' }),
  }),
});

export const markSchema = z.object({
  event: z.literal('mark'),
  sequenceNumber,
  streamSid,
  mark: z.object({ name: z.string() }),
});

export const stopSchema = z.object({
  event: z.literal('stop'),
  sequenceNumber,
  streamSid,
});

const inboundSchema = z.discriminatedUnion('event', [
  connectedSchema,
  startSchema,
  mediaSchema,
  dtmfSchema,
  markSchema,
  stopSchema,
]);
export type TwilioMessage = z.infer<typeof inboundSchema>;

const knownEvents: ReadonlySet<string> = new Set(['connected', 'start', 'media', 'dtmf', 'mark', 'stop']);
const envelopeSchema = z.object({ event: z.string() });

export type ParsedMessage =
  | { readonly type: 'message'; readonly message: TwilioMessage }
  /** An event that Kefu does not know: Twilio may add events, so this is no error. `name` is cut to 40 characters. */
  | { readonly type: 'unknown'; readonly name: string }
  /** `problem` says what is wrong and holds nothing of the message's values. */
  | { readonly type: 'malformed'; readonly problem: string };

/** Reads one text message of a stream. Never throws. */
export function parseTwilioMessage(text: string): ParsedMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { type: 'malformed', problem: 'a message is not JSON' };
  }
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return { type: 'malformed', problem: 'a message has no event' };
  const { event } = envelope.data;
  if (!knownEvents.has(event)) return { type: 'unknown', name: event.slice(0, 40) };
  const parsed = inboundSchema.safeParse(json);
  if (parsed.success) return { type: 'message', message: parsed.data };
  const issue = parsed.error.issues[0];
  return {
    type: 'malformed',
    problem: `${event}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}`,
  };
}

/** One packet of mu-law audio for the caller. */
export function mediaMessage(stream: string, payload: Uint8Array): string {
  const encoded = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('base64');
  return JSON.stringify({ event: 'media', streamSid: stream, media: { payload: encoded } });
}

/** Asks Twilio to send a `mark` of this name once everything sent before has been played or cleared. */
export function markMessage(stream: string, name: string): string {
  return JSON.stringify({ event: 'mark', streamSid: stream, mark: { name } });
}

/** Drops what Twilio has buffered; it then returns all marks that were waiting. */
export function clearMessage(stream: string): string {
  return JSON.stringify({ event: 'clear', streamSid: stream });
}
