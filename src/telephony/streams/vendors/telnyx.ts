import { z } from 'zod';
import {
  base64,
  key,
  packetEvent,
  party,
  readMessage,
  textOnly,
  toBase64,
  vendorId,
  wholeNumber,
  type StreamCodec,
  type StreamEvent,
} from '../codec.ts';
import { createPublicKey, verify } from 'node:crypto';
import type { StreamVendor } from '../gateway.ts';
import type { HookRequest } from '../hooks.ts';
import { twimlHooks } from '../twiml-hooks.ts';
import { element } from '../xml.ts';

/**
 * Telnyx Media Streaming in RTP mode, after "Stream call media over WebSocket" (Telnyx API reference) and "Media Streaming over
 * WebSockets" (Telnyx documentation). G.711 only: Telnyx does not document the byte order of its L16, and a wrong guess is noise.
 */
const schemas = {
  connected: z.object({}),
  start: z.object({
    stream_id: vendorId,
    start: z.object({
      call_control_id: vendorId,
      from: party.nullish(),
      to: party.nullish(),
      media_format: z.object({
        encoding: z.enum(['PCMU', 'PCMA'], { error: 'must be PCMU or PCMA: set the codec of the stream' }),
        sample_rate: z.literal(8000),
        channels: z.literal(1),
      }),
    }),
  }),
  media: z.object({
    media: z.object({
      track: z.string().default('inbound'),
      /** Running number of the packet; Telnyx does not promise the order. */
      chunk: wholeNumber.optional(),
      timestamp: wholeNumber.optional(),
      payload: base64,
    }),
  }),
  dtmf: z.object({ dtmf: z.object({ digit: key }) }),
  mark: z.object({ mark: z.object({ name: z.string() }) }),
  stop: z.object({}),
  error: z.object({ payload: z.object({ code: z.number().optional() }).optional() }),
};

export function createTelnyxCodec(): StreamCodec {
  const decode = (text: string): StreamEvent => {
    const message = readMessage(text, 'event', schemas);
    if (message.type !== 'message') return message;
    switch (message.name) {
      case 'connected':
        return { type: 'ignored' };
      case 'start': {
        const { call_control_id, from, to, media_format } = message.value.start;
        return {
          type: 'start',
          start: {
            gatewayCallId: call_control_id,
            from: from ?? undefined,
            to: to ?? undefined,
            language: undefined,
            format: {
              codec: media_format.encoding === 'PCMU' ? 'mulaw' : 'alaw',
              sampleRateHz: 8000,
              packetMs: 20,
            },
          },
        };
      }
      case 'media': {
        const { track, payload, chunk, timestamp } = message.value.media;
        if (!track.startsWith('inbound')) return { type: 'ignored', note: 'audio of another track' };
        return packetEvent(payload, chunk, timestamp);
      }
      case 'dtmf':
        return { type: 'digit', digit: message.value.dtmf.digit };
      case 'mark':
        return { type: 'mark', name: message.value.mark.name };
      case 'stop':
        return { type: 'goodbye' };
      case 'error':
        return {
          type: 'ignored',
          note: `an error that Telnyx reports, code ${message.value.payload?.code ?? 'unknown'}`,
        };
    }
  };
  return {
    text: (text) => [decode(text)],
    binary: () => textOnly,
    audio: (payload) => JSON.stringify({ event: 'media', media: { payload: toBase64(payload) } }),
    mark: (name) => [JSON.stringify({ event: 'mark', mark: { name } })],
    clear: () => [JSON.stringify({ event: 'clear' })],
    goodbye: () => [],
  };
}

/** Telnyx's tolerance for the age of a webhook, in seconds. */
const maxAgeS = 300;

/** "Webhook signing" (Telnyx documentation): Ed25519 over `timestamp|body`. @param publicKey as the portal shows it: base64. */
function signedByTelnyx(publicKey: string, { headers, rawBody }: HookRequest, epochMs: number): boolean {
  const { 'telnyx-timestamp': timestamp, 'telnyx-signature-ed25519': signature } = headers;
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return false;
  if (!(Math.abs(epochMs / 1000 - Number(timestamp)) <= maxAgeS)) return false;
  try {
    const x = Buffer.from(publicKey, 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, Buffer.from(`${timestamp}|${rawBody}`), key, Buffer.from(signature, 'base64'));
  } catch {
    // A key or signature that is none proves nothing.
    return false;
  }
}

/** TeXML, after "Connect", "Stream" and "Dial" (Telnyx documentation, TeXML verbs). */
export const telnyx: StreamVendor = {
  name: 'telnyx',
  title: 'Telnyx',
  createCodec: createTelnyxCodec,
  returnsClearedMarks: true,
  closingIsGoodbye: false,
  hooks: twimlHooks({
    signed: signedByTelnyx,
    stream: (streamUrl, ticket) =>
      element('Stream', {
        url: `${streamUrl}?ticket=${ticket}`,
        track: 'inbound_track',
        codec: 'PCMU',
        bidirectionalMode: 'rtp',
        bidirectionalCodec: 'PCMU',
        bidirectionalSamplingRate: 8000,
      }),
  }),
};
