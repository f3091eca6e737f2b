import { beforeAll, describe, expect, it } from 'vitest';
import type { WireFormat } from '../../../src/core/audio.ts';
import { createCodec, loadCodecs } from '../../../src/media/codec.ts';
import { createTranscoder } from '../../../src/media/transcoder.ts';
import { shareOfTone } from '../../support/sip/baresip.ts';

const formats = {
  mulaw: { codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 },
  alaw: { codec: 'alaw', sampleRateHz: 8000, packetMs: 20 },
  g722: { codec: 'g722', sampleRateHz: 16_000, packetMs: 20 },
  opus: { codec: 'opus', sampleRateHz: 16_000, packetMs: 20 },
} as const satisfies Readonly<Record<string, WireFormat>>;

beforeAll(() => loadCodecs(['opus']));

describe('a change of codec within a call', () => {
  const names = Object.keys(formats) as (keyof typeof formats)[];
  const pairs = names.flatMap((from) => names.map((to) => [from, to] as const));

  it.each(pairs)('from %s to %s keeps the sound and the time of every packet', (from, to) => {
    const [source, target] = [formats[from], formats[to]];
    const [encoder, decoder] = [createCodec(from), createCodec(to)];
    const transcode = createTranscoder(source, target);
    const heard: number[] = [];
    for (let packet = 0; packet < 50; packet += 1) {
      // 10, 20 and 30 ms turn about.
      const size = (source.sampleRateHz / 100) * (1 + (packet % 3));
      const tone = Int16Array.from({ length: size }, (_, index) =>
        Math.round(
          6000 *
            Math.sin(
              (2 * Math.PI * 500 * (heard.length * (source.sampleRateHz / target.sampleRateHz) + index)) /
                source.sampleRateHz,
            ),
        ),
      );
      const samples = decoder.decode(transcode(encoder.encode(tone)));
      expect(samples.length / target.sampleRateHz).toBe(size / source.sampleRateHz);
      heard.push(...samples);
    }
    expect(shareOfTone(Int16Array.from(heard), 500, target.sampleRateHz)).toBeGreaterThan(0.97);
  });
});
