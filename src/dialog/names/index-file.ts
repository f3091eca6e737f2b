import { createHash } from 'node:crypto';
import { z } from 'zod';
import { KefuError } from '../../core/errors.ts';
import { decodeHeader, encodeHeader, padding } from '../../core/headed-bytes.ts';
import type { IndexParts } from './name-index.ts';

/*
 * The indices of the names as bytes: the letters KFNI and a header (`headed-bytes.ts`), then for each index in the order of the header:
 * places (uint16), signs, lengths, shared (a byte each), filled up to a multiple of 4.
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
  const header: z.infer<typeof headerSchema> = {
    version: 1,
    lists: hashOf(firsts, lasts),
    indices: names.map((name) => ({
      entries: indices[name].places.length,
      signs: indices[name].signs.length,
    })),
  };
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
  return Buffer.concat([encodeHeader(magic, header), ...parts]);
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
  const { header, at: first } = decodeHeader(buffer, magic, headerSchema, (cause) =>
    unusable('is damaged', cause),
  );
  if (header.lists !== hashOf(firsts, lasts)) throw unusable('belongs to other lists of names');
  let at = first;
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

const roundedUp = (length: number): number => length + padding(length);

function filled(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(padding(bytes.length))]);
}

const unusable = (what: string, cause?: unknown): KefuError =>
  new KefuError(
    'config_invalid',
    `The index of names (models/names/index.bin) ${what}. Make it again: npm run names:index.`,
    { cause },
  );
