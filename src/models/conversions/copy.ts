import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Conversion } from './conversion.ts';

/** For models whose files are usable as they come: all of them, unchanged. */
export const convertByCopy: Conversion = async ({ unpackedDir, outputDir }) => {
  for (const name of await readdir(unpackedDir)) await rename(join(unpackedDir, name), join(outputDir, name));
};
