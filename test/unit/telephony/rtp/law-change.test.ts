import { describe, expect, it } from 'vitest';
import { decodeAlaw, decodeMulaw } from '../../../../src/media/g711.ts';
import { toLaw } from '../../../../src/telephony/rtp/law-change.ts';

const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
const decoders = { mulaw: decodeMulaw, alaw: decodeAlaw } as const;

describe('a change between the laws of G.711', () => {
  for (const law of ['mulaw', 'alaw'] as const) {
    it(`to ${law} takes the nearest sample there is`, () => {
      const before = decoders[law === 'mulaw' ? 'alaw' : 'mulaw'](codes);
      const all = [...decoders[law](codes)];
      const after = decoders[law](toLaw(law, codes));
      before.forEach((sample, code) => {
        const least = Math.min(...all.map((candidate) => Math.abs(candidate - sample)));
        expect(Math.abs((after[code] ?? 0) - sample)).toBe(least);
      });
    });
  }
});
