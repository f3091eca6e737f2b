import { z } from 'zod';
import type { WireFormat } from '../../../core/audio.ts';
import { parseJson } from '../../json.ts';
import { binaryPacket, key, readValue, vendorId, type StreamCodec, type StreamEvent } from '../codec.ts';
import type { StreamVendor } from '../gateway.ts';

/**
 * Asterisk's chan_websocket (20.16, 21.11, 22.6, 23 and later), after "WebSocket" (Asterisk documentation, channel drivers): binary
 * audio, and control messages as plain text or, with `f(json)`, as JSON. Asterisk frames and times what it gets. A mark is the end of a bulk
 * transfer, which Asterisk reports once its last frame has gone out; a flush drops it without a report.
 */
const formats: Readonly<Record<string, Omit<WireFormat, 'packetMs'>>> = {
  ulaw: { codec: 'mulaw', sampleRateHz: 8000 },
  alaw: { codec: 'alaw', sampleRateHz: 8000 },
  slin: { codec: 'l16', sampleRateHz: 8000 },
  slin16: { codec: 'l16', sampleRateHz: 16000 },
  slin24: { codec: 'l16', sampleRateHz: 24000 },
  slin48: { codec: 'l16', sampleRateHz: 48000 },
};
const schemas = {
  MEDIA_START: z.object({
    connection_id: vendorId.optional(),
    channel_id: vendorId.optional(),
    format: z.string().refine((name) => Object.hasOwn(formats, name), {
      error: `must be one of ${Object.keys(formats).join(', ')}: name it in the dial string, such as c(ulaw)`,
    }),
  }),
  DTMF_END: z.object({ digit: key }),
  MEDIA_BUFFERING_COMPLETED: z.object({ correlation_id: z.string().default('') }),
  MEDIA_XOFF: z.object({}),
  MEDIA_XON: z.object({}),
  MEDIA_MARK_PROCESSED: z.object({}),
  QUEUE_DRAINED: z.object({}),
  STATUS: z.object({}),
  ERROR: z.object({}),
};

/** A plain-text message as the JSON form of the same message. */
function fromPlainText(text: string): Record<string, string> {
  const [event = '', ...words] = text.trim().split(' ');
  if (event === 'MEDIA_BUFFERING_COMPLETED') return { event, correlation_id: words.join(' ') };
  const fields = words.map((word): [string, string] => {
    const colon = word.indexOf(':');
    return colon < 0 ? [word, ''] : [word.slice(0, colon), word.slice(colon + 1)];
  });
  return { ...Object.fromEntries(fields), event };
}

export function createAsteriskCodec(): StreamCodec {
  let json = false;
  let sampleBytes = 1;
  const decode = (text: string): StreamEvent => {
    if (text.startsWith('{')) json = true;
    let value: unknown;
    if (json) {
      const parsed = parseJson(text);
      if (!parsed.ok) return { type: 'malformed', problem: 'a text message is not JSON' };
      ({ value } = parsed);
    } else {
      value = fromPlainText(text);
    }
    const message = readValue(value, 'event', schemas);
    if (message.type !== 'message') return message;
    switch (message.name) {
      case 'MEDIA_START': {
        const { format: name, channel_id, connection_id } = message.value;
        const format: WireFormat = { codec: 'mulaw', sampleRateHz: 8000, ...formats[name], packetMs: 20 };
        sampleBytes = format.codec === 'l16' ? 2 : 1;
        return {
          type: 'start',
          start: {
            gatewayCallId: channel_id ?? connection_id,
            from: undefined,
            to: undefined,
            language: undefined,
            format,
          },
        };
      }
      case 'DTMF_END':
        return { type: 'digit', digit: message.value.digit };
      case 'MEDIA_BUFFERING_COMPLETED':
        return { type: 'mark', name: message.value.correlation_id };
      case 'MEDIA_XOFF':
        return { type: 'flow', paused: true };
      case 'MEDIA_XON':
        return { type: 'flow', paused: false };
      case 'ERROR':
        return { type: 'ignored', note: 'an error that Asterisk reports; see its log' };
      default:
        return { type: 'ignored' };
    }
  };
  const command = (name: string, correlationId?: string): string => {
    if (json) return JSON.stringify({ command: name, correlation_id: correlationId });
    return correlationId === undefined ? name : `${name} ${correlationId}`;
  };
  return {
    text: (text) => [decode(text)],
    binary: (payload) => [binaryPacket(payload, sampleBytes)],
    answered: () => [command('ANSWER'), command('START_MEDIA_BUFFERING')],
    audio: (payload) => payload,
    mark: (name) => [command('STOP_MEDIA_BUFFERING', name), command('START_MEDIA_BUFFERING')],
    clear: () => [command('FLUSH_MEDIA'), command('START_MEDIA_BUFFERING')],
    goodbye: () => [command('HANGUP')],
  };
}

export const asterisk: StreamVendor = {
  name: 'asterisk',
  title: 'Asterisk',
  createCodec: createAsteriskCodec,
  returnsClearedMarks: false,
  closingIsGoodbye: true,
};
