import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { KefuError } from '../../src/core/errors.ts';

/**
 * Reads a file with one JSON value on each line, one after the other; empty lines are skipped.
 *
 * @throws KefuError `lines_invalid` naming file and line of the first one that does not fit; `not_found` without the file.
 */
export async function* readJsonLines<Output>(
  path: string,
  schema: z.ZodType<Output>,
): AsyncGenerator<Output> {
  for await (const { value } of readPlacedJsonLines(path, schema)) yield value;
}

/** The same with the place of each line, for what may turn out wrong with it later: `FILE, line 3`. */
export async function* readPlacedJsonLines<Output>(
  path: string,
  schema: z.ZodType<Output>,
): AsyncGenerator<{ readonly place: string; readonly value: Output }> {
  let number = 0;
  try {
    for await (const line of createInterface({
      input: createReadStream(path, 'utf8'),
      crlfDelay: Infinity,
    })) {
      number += 1;
      if (line.trim() === '') continue;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch (error) {
        throw new KefuError('lines_invalid', `${path}, line ${number} is no JSON.`, { cause: error });
      }
      const parsed = schema.safeParse(value);
      if (!parsed.success) {
        throw new KefuError(
          'lines_invalid',
          `${path}, line ${number}: ${z.prettifyError(parsed.error).replace(/^✖ /, '')}`,
        );
      }
      yield { place: `${path}, line ${number}`, value: parsed.data };
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new KefuError('not_found', `There is no file ${path}.`, { cause: error });
    }
    throw error;
  }
}
