import { z } from 'zod';
import {
  base64,
  key,
  packetEvent,
  readMessage,
  textOnly,
  toBase64,
  vendorId,
  wholeNumber,
  type StreamCodec,
  type StreamEvent,
} from '../codec.ts';
import { createHmac } from 'node:crypto';
import type { StreamVendor } from '../gateway.ts';
import type { HookRequest, StreamHooks } from '../hooks.ts';
import { sameSecret } from '../secrets.ts';
import { e164, field, idField } from '../twiml-hooks.ts';
import { element, escapeXml, xmlResponse } from '../xml.ts';

/**
 * Plivo Audio Streaming, after "Stream Event Protocol" and "Audio Streaming Reference" (Plivo documentation). The socket's end is the
 * caller's hang-up: there is no message for it. L16 has its low byte first.
 */
const mediaFormat = z.union(
  [
    z.object({ encoding: z.literal('audio/x-mulaw'), sampleRate: z.literal(8000) }),
    z.object({
      encoding: z.literal('audio/x-l16'),
      sampleRate: z.union([z.literal(8000), z.literal(16000)]),
    }),
  ],
  { error: 'must be audio/x-mulaw at 8000 or audio/x-l16 at 8000 or 16000' },
);
type MediaFormat = z.infer<typeof mediaFormat>;
const schemas = {
  start: z.object({ start: z.object({ callId: vendorId, streamId: vendorId, mediaFormat }) }),
  media: z.object({
    media: z.object({
      track: z.string().default('inbound'),
      /** Running number of the packet within its track. The time stamps are the wall clock's and jitter, so they are not used. */
      chunk: wholeNumber.optional(),
      payload: base64,
    }),
  }),
  dtmf: z.object({ dtmf: z.object({ digit: key }) }),
  playedStream: z.object({ name: z.string() }),
  clearedAudio: z.object({}),
};

export function createPlivoCodec(): StreamCodec {
  let streamId = '';
  let format: MediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000 };
  const decode = (text: string): StreamEvent => {
    const message = readMessage(text, 'event', schemas);
    if (message.type !== 'message') return message;
    switch (message.name) {
      case 'start': {
        const { start } = message.value;
        streamId = start.streamId;
        format = start.mediaFormat;
        return {
          type: 'start',
          start: {
            gatewayCallId: start.callId,
            from: undefined,
            to: undefined,
            language: undefined,
            format: {
              codec: format.encoding === 'audio/x-mulaw' ? 'mulaw' : 'l16',
              sampleRateHz: format.sampleRate,
              packetMs: 20,
            },
          },
        };
      }
      case 'media': {
        const { track, payload, chunk } = message.value.media;
        if (track !== 'inbound') return { type: 'ignored', note: 'audio of another track' };
        return packetEvent(payload, chunk);
      }
      case 'dtmf':
        return { type: 'digit', digit: message.value.dtmf.digit };
      case 'playedStream':
        return { type: 'mark', name: message.value.name };
      case 'clearedAudio':
        return { type: 'ignored' };
    }
  };
  return {
    text: (text) => [decode(text)],
    binary: () => textOnly,
    audio: (payload) =>
      JSON.stringify({
        event: 'playAudio',
        streamId,
        media: { contentType: format.encoding, sampleRate: format.sampleRate, payload: toBase64(payload) },
      }),
    mark: (name) => [JSON.stringify({ event: 'checkpoint', streamId, name })],
    clear: () => [JSON.stringify({ event: 'clearAudio', streamId })],
    goodbye: () => [],
  };
}

/**
 * "Signature validation" (Plivo documentation), version 3: HMAC-SHA256 over the address with its query sorted, the sorted fields
 * of a POST, and a nonce. The header may hold several signatures.
 */
function signedByPlivo(authToken: string, { method, url, headers, fields }: HookRequest): boolean {
  const { 'x-plivo-signature-v3': signatures, 'x-plivo-signature-v3-nonce': nonce } = headers;
  if (typeof signatures !== 'string' || typeof nonce !== 'string') return false;
  const [address = '', search = ''] = url.split('?');
  const sorted = (pairs: readonly (readonly [string, string])[], join: string, between: string): string =>
    pairs
      .map(([name, value]) => `${name}${join}${value}`)
      .sort()
      .join(between);
  const query = sorted([...new URLSearchParams(search)], '=', '&');
  const posted = method === 'POST' ? Object.entries(fields) : [];
  const body = sorted(
    posted.map(([name, value]) => [name, String(value)] as const),
    '',
    '',
  );
  const mark = query !== '' || posted.length > 0 ? '?' : '';
  const dot = query !== '' && posted.length > 0 ? '.' : '';
  const expected = createHmac('sha256', authToken)
    .update(`${address}${mark}${query}${dot}${body}.${nonce}`)
    .digest('base64');
  return signatures.split(',').some((signature) => sameSecret(signature.trim(), expected));
}

const speak = (words: string, language: string): string =>
  language === 'zh'
    ? element('Speak', { voice: 'Polly.Zhiyu' }, escapeXml(words))
    : element('Speak', { language: 'en-US' }, escapeXml(words));

/** Plivo XML, after "The AudioStream element" and "The Dial element" (Plivo documentation). */
const hooks: StreamHooks = {
  contentType: 'text/xml; charset=utf-8',
  signed: signedByPlivo,
  call: (fields) => {
    const carrierCall = idField(fields, 'CallUUID');
    if (carrierCall === undefined) return undefined;
    return { carrierCall, from: e164(field(fields, 'From') ?? ''), to: e164(field(fields, 'To') ?? '') };
  },
  followUp: (fields) => ({
    over: ['completed', 'busy', 'failed', 'timeout', 'no-answer', 'cancel'].includes(
      field(fields, 'CallStatus') ?? '',
    ),
    dialled: field(fields, 'DialStatus'),
  }),
  taken: new Set(['completed']),
  // `keepCallAlive` makes Plivo wait with the redirect until the stream has ended.
  connect: ({ streamUrl, ticket, nextUrl }) =>
    xmlResponse(
      element(
        'Stream',
        {
          bidirectional: 'true',
          keepCallAlive: 'true',
          audioTrack: 'inbound',
          contentType: 'audio/x-mulaw;rate=8000',
        },
        escapeXml(`${streamUrl}?ticket=${ticket}`),
      ),
      element('Redirect', { method: 'POST' }, escapeXml(nextUrl)),
    ),
  dial: ({ target, nextUrl, ringSeconds, to }) =>
    xmlResponse(
      element(
        'Dial',
        { action: nextUrl, method: 'POST', timeout: ringSeconds, callerId: to === '' ? undefined : to },
        element(target.type === 'number' ? 'Number' : 'User', {}, escapeXml(target.address)),
      ),
    ),
  hangup: () => xmlResponse(element('Hangup')),
  apology: (words, language) => xmlResponse(speak(words, language), element('Hangup')),
};

export const plivo: StreamVendor = {
  name: 'plivo',
  title: 'Plivo',
  createCodec: createPlivoCodec,
  returnsClearedMarks: false,
  closingIsGoodbye: true,
  hooks,
};
