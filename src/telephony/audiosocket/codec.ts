import { sampleRatesHz, type SampleRateHz } from '../../core/audio.ts';
import type { Language } from '../../core/language.ts';
import type { StreamCodec, StreamEvent } from '../streams/codec.ts';
import { audioKinds, encodeFrame, frameKinds } from './frames.ts';

/** What the dialplan has said about a call beforehand, since AudioSocket itself tells nothing but the UUID. */
export interface Announced {
  readonly from: string;
  readonly to: string;
  readonly language: Language | undefined;
}

/** Asterisk's error code for a caller who has hung up; the codes are bits. */
const hungUpBit = 0x01;

function isSampleRate(rateHz: number): rateHz is SampleRateHz {
  return sampleRatesHz.some((known) => known === rateHz);
}

/** 16 bytes as the usual text of a UUID. */
export function uuidText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * Frames of AudioSocket as events; a binary message is the kind and the payload of one frame. The call starts with its first audio, since
 * only that tells the sample rate.
 */
export function createAudioSocketCodec(announced: (uuid: string) => Announced | undefined): StreamCodec {
  let uuid: string | undefined;
  let kind = 0x10;
  let started = false;

  const audio = (payload: Uint8Array, ofKind: number, rateHz: number): readonly StreamEvent[] => {
    if (uuid === undefined) return [{ type: 'malformed', problem: 'audio before the UUID' }];
    if (!isSampleRate(rateHz)) {
      const problem = `audio at ${rateHz} Hz: use slin, slin16, slin24 or slin48`;
      return [{ type: 'malformed', problem }];
    }
    const packet: StreamEvent[] =
      payload.byteLength % 2 === 0
        ? payload.byteLength === 0
          ? []
          : [{ type: 'packet', payload }]
        : [
            {
              type: 'malformed',
              problem: `a packet of ${payload.byteLength} bytes, which is no whole number of samples`,
            },
          ];
    if (started) {
      return ofKind === kind ? packet : [{ type: 'malformed', problem: 'the sample rate has changed' }];
    }
    started = true;
    kind = ofKind;
    const said = announced(uuid);
    return [
      {
        type: 'start',
        start: {
          gatewayCallId: uuid,
          from: said?.from,
          to: said?.to,
          language: said?.language,
          format: { codec: 'l16', sampleRateHz: rateHz, packetMs: 20 },
        },
      },
      ...packet,
    ];
  };

  const decode = (ofKind: number, payload: Uint8Array): readonly StreamEvent[] => {
    const rateHz = audioKinds.get(ofKind);
    if (rateHz !== undefined) return audio(payload, ofKind, rateHz);
    switch (ofKind) {
      case frameKinds.uuid:
        if (payload.byteLength !== 16)
          return [{ type: 'malformed', problem: 'a UUID that has not 16 bytes' }];
        if (uuid !== undefined) return [{ type: 'malformed', problem: 'a second UUID' }];
        uuid = uuidText(payload);
        return [{ type: 'ignored' }];
      case frameKinds.digit: {
        const digit = String.fromCharCode(...payload.subarray(0, 2));
        if (!/^[0-9*#A-D]$/i.test(digit)) return [{ type: 'malformed', problem: 'a digit that is no key' }];
        return started
          ? [{ type: 'digit', digit: digit.toUpperCase() }]
          : [{ type: 'ignored', note: 'a key before the first audio' }];
      }
      case frameKinds.hangup:
        return [{ type: 'goodbye' }];
      case frameKinds.error: {
        const code = payload[0] ?? 0;
        if ((code & hungUpBit) !== 0) return [{ type: 'goodbye' }];
        return [{ type: 'failed', problem: `Asterisk reports error ${code}` }];
      }
      default:
        return [{ type: 'unknown', name: `kind 0x${ofKind.toString(16).padStart(2, '0')}` }];
    }
  };

  return {
    text: () => [{ type: 'malformed', problem: 'a text where frames are due' }],
    binary: (frame) => decode(frame[0] ?? 0, frame.slice(1)),
    audio: (payload) => encodeFrame(kind, payload),
    // Asterisk plays what it gets at once: nothing is buffered that could be dropped.
    clear: () => [],
    goodbye: () => [encodeFrame(frameKinds.hangup)],
  };
}
