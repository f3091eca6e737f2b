import { z } from 'zod';
import { languageSchema } from '../../../core/language.ts';
import { parseJson, problemOf } from '../../json.ts';
import { binaryPacket, key, party, vendorId, type StreamCodec, type StreamEvent } from '../codec.ts';
import type { StreamVendor } from '../gateway.ts';

/**
 * FreeSWITCH with mod_audio_stream (its README, bidirectional since 1.0.3) or mod_audio_fork (its README, drachtio): the metadata
 * that the operator gives to `uuid_audio_stream ... start` or `uuid_audio_fork ... start` come as the first text, then binary 16-bit
 * audio, low byte first. Neither tells its rate, so the metadata must. Neither reports what was played: playing time is reckoned.
 */
const metadataSchema = z.object({
  callId: vendorId,
  from: party.optional(),
  to: party.optional(),
  language: languageSchema.optional(),
  sampleRate: z.union([z.literal(8000), z.literal(16000)], { error: 'must be 8000 or 16000' }).default(8000),
});
/** A digit that the dialplan passes on with `uuid_audio_stream ... send_text`. */
const digitSchema = z.object({ event: z.literal('dtmf'), digit: key });

export function createFreeSwitchCodec(): StreamCodec {
  let started = false;
  const decode = (text: string): StreamEvent => {
    const json = parseJson(text);
    if (!json.ok) return { type: 'malformed', problem: 'a text message is not JSON' };
    if (started) {
      const digit = digitSchema.safeParse(json.value);
      return digit.success ? { type: 'digit', digit: digit.data.digit } : { type: 'unknown', name: 'text' };
    }
    const first = metadataSchema.safeParse(json.value);
    if (!first.success) return { type: 'malformed', problem: `the metadata: ${problemOf(first.error)}` };
    started = true;
    const { callId, from, to, language, sampleRate } = first.data;
    return {
      type: 'start',
      start: {
        gatewayCallId: callId,
        from,
        to,
        language,
        format: { codec: 'l16', sampleRateHz: sampleRate, packetMs: 20 },
      },
    };
  };
  return {
    text: (text) => [decode(text)],
    binary: (payload) => [binaryPacket(payload, 2)],
    audio: (payload) => payload,
    clear: () => [JSON.stringify({ type: 'killAudio' })],
    goodbye: () => [JSON.stringify({ type: 'disconnect' })],
  };
}

export const freeSwitch: StreamVendor = {
  name: 'freeswitch',
  title: 'FreeSWITCH',
  createCodec: createFreeSwitchCodec,
  returnsClearedMarks: false,
  closingIsGoodbye: true,
};
