import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeHeader, encodeHeader, padding } from '../../../src/core/headed-bytes.ts';

const schema = z.object({ version: z.literal(1), name: z.string() });
const damaged = (cause?: unknown): Error => new Error('The file is damaged.', { cause });

describe('the beginning of binary files', () => {
  it.each(['', 'a', 'ab', 'abc', '客服'])(
    'is read as it was written, and leaves what follows at a multiple of 4 (%j)',
    (name) => {
      const bytes = Buffer.concat([encodeHeader('KFTE', { version: 1, name }), Buffer.from([7])]);
      const { header, at } = decodeHeader(bytes, 'KFTE', schema, damaged);
      expect(header).toEqual({ version: 1, name });
      expect(at % 4).toBe(0);
      expect([...bytes.subarray(at)]).toEqual([7]);
    },
  );

  it('pads to the next multiple of 4, and not at one', () => {
    expect([0, 1, 2, 3, 4].map(padding)).toEqual([0, 3, 2, 1, 0]);
  });

  it.each([
    ['other letters', encodeHeader('ELSE', { version: 1, name: 'a' })],
    ['nothing', Buffer.alloc(0)],
    ['letters alone', Buffer.from('KFTE')],
    ['a header cut off', encodeHeader('KFTE', { version: 1, name: 'a long name' }).subarray(0, 16)],
    ['a header of another version', encodeHeader('KFTE', { version: 2, name: 'a' })],
  ])('refuses %s', (_what, bytes) => {
    expect(() => decodeHeader(bytes, 'KFTE', schema, damaged)).toThrow('The file is damaged.');
  });
});
