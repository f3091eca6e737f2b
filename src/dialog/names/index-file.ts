import { createHash } from 'node:crypto';
import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import type { IndexParts } from './name-index.ts';

/*
 * The indices of the names as bytes: the letters KFNI, the length of a JSON header (uint32, little-endian), the header, and from the next
 * multiple of 4, for each index in the order of the header: places (uint16), signs, lengths, shared (a byte each), filled up to a multiple
 * of 4.
 */

const names = ['firstBySound', 'lastBySound', 'firstByLetter', 'lastByLetter'] as const;

/** By sound from the front (first names) or from the back (last names), and by letter. */
export type Indices = Readonly<Record<(typeof names)[number], IndexParts>>;

const magic = 'KFNI';
const headerSchema = z.object({
  version: z.literal(1),
  /** Of the lists that the places mean. */
  lists: z.string(),
  indices: z.array(z.object({ entries: z.int().nonnegative(), signs: z.int().nonnegative() })).length(4),
});

export function encodeIndices(indices: Indices, firsts: readonly string[], lasts: readonly string[]): Buffer {
  const json = Buffer.from(
    JSON.stringify({
      version: 1,
      lists: hashOf(firsts, lasts),
      indices: names.map((name) => ({
        entries: indices[name].places.length,
        signs: indices[name].signs.length,
      })),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const parts = names.map((name) => {
    const { places, signs, lengths, shared } = indices[name];
    return filled(
      Buffer.concat([
        Buffer.from(places.buffer, places.byteOffset, places.byteLength),
        signs,
        lengths,
        shared,
      ]),
    );
  });
  return Buffer.concat([filled(Buffer.concat([Buffer.from(magic), length, json])), ...parts]);
}

/**
 * @param firsts - the lists of names that the indices are for.
 * @throws KefuError `config_invalid` when the bytes are damaged, or of other lists.
 */
export function decodeIndices(
  bytes: Uint8Array,
  firsts: readonly string[],
  lasts: readonly string[],
): Indices {
  // Copied, since views of two bytes need an even address.
  const buffer = Buffer.from(Uint8Array.from(bytes).buffer);
  if (buffer.subarray(0, 4).toString('latin1') !== magic || buffer.length < 8) throw unusable('is damaged');
  const jsonEnd = 8 + buffer.readUInt32LE(4);
  let header: z.infer<typeof headerSchema>;
  try {
    header = headerSchema.parse(JSON.parse(buffer.subarray(8, jsonEnd).toString('utf8')));
  } catch (error) {
    throw unusable('is damaged', error);
  }
  if (header.lists !== hashOf(firsts, lasts)) throw unusable('belongs to other lists of names');
  let at = roundedUp(jsonEnd);
  const end = header.indices.reduce((sum, { entries, signs }) => sum + roundedUp(4 * entries + signs), at);
  if (buffer.length !== end) throw unusable('is damaged');
  const decoded = header.indices.map(({ entries, signs }): IndexParts => {
    const start = at;
    at += roundedUp(4 * entries + signs);
    const from = start + 2 * entries;
    return {
      places: new Uint16Array(buffer.buffer, start, entries),
      signs: new Uint8Array(buffer.buffer, from, signs),
      lengths: new Uint8Array(buffer.buffer, from + signs, entries),
      shared: new Uint8Array(buffer.buffer, from + signs + entries, entries),
    };
  });
  return Object.fromEntries(names.map((name, index) => [name, decoded[index]])) as unknown as Indices;
}

const hashOf = (firsts: readonly string[], lasts: readonly string[]): string =>
  createHash('sha256')
    .update(`${firsts.join('\n')}\n\n${lasts.join('\n')}`)
    .digest('hex');

const roundedUp = (length: number): number => 4 * Math.ceil(length / 4);

function filled(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(roundedUp(bytes.length) - bytes.length)]);
}

const unusable = (what: string, cause?: unknown): KefuError =>
  new KefuError(
    'config_invalid',
    `The index of names (models/names/index.bin) ${what}. Make it again: npm run names:index.`,
    { cause },
  );
