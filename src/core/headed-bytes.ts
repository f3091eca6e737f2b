import type { z } from 'zod';

/*
 * The beginning that Kefu's own binary files share: four letters, the length of a JSON header (uint32, little-endian), the header, and
 * zeros up to the next multiple of 4, from where numbers of up to four bytes can be read in place.
 */

/** Zeros that follow `length` bytes up to the next multiple of 4. */
export const padding = (length: number): number => (4 - (length % 4)) % 4;

/** The beginning of a file. */
export function encodeHeader(magic: string, header: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([Buffer.from(magic), length, json, Buffer.alloc(padding(json.length))]);
}

/**
 * @param damaged - makes the error for bytes that do not begin as they should.
 * @returns the header, and where what follows it begins.
 * @throws what `damaged` makes.
 */
export function decodeHeader<Schema extends z.ZodType>(
  buffer: Buffer,
  magic: string,
  schema: Schema,
  damaged: (cause?: unknown) => Error,
): { readonly header: z.infer<Schema>; readonly at: number } {
  if (buffer.length < 8 || buffer.subarray(0, 4).toString('latin1') !== magic) throw damaged();
  const end = 8 + buffer.readUInt32LE(4);
  try {
    const header = schema.parse(JSON.parse(buffer.subarray(8, end).toString('utf8')));
    return { header, at: end + padding(end) };
  } catch (error) {
    throw damaged(error);
  }
}
