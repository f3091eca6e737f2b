import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../core/errors.ts';
import type { Conversion } from './conversion.ts';

/**
 * Moonshine's `tokenizer.bin` as the token table of sherpa-onnx. The input is a list of byte strings, each after its length:
 * one byte, or from 128 up two bytes, of which the first holds the low seven bits with the top bit set. The output has a line
 * for each token: base64 of its bytes, a tab, its number.
 *
 * @throws KefuError `model_conversion_failed` when the file ends inside a token.
 */
export function moonshineTokenTable(tokenizer: Uint8Array): string {
  const lines: string[] = [];
  let offset = 0;
  while (offset < tokenizer.length) {
    const first = tokenizer[offset] ?? 0;
    const second = first < 128 ? 0 : tokenizer[offset + 1];
    const start = offset + (first < 128 ? 1 : 2);
    const length = second === undefined ? Number.NaN : first < 128 ? first : second * 128 + first - 128;
    const end = start + length;
    if (!(end <= tokenizer.length)) {
      throw new KefuError(
        'model_conversion_failed',
        `tokenizer.bin of Moonshine is cut off: token ${lines.length} at byte ${offset} runs past the end of the file`,
      );
    }
    lines.push(`${Buffer.from(tokenizer.subarray(start, end)).toString('base64')}\t${lines.length}\n`);
    offset = end;
  }
  return lines.join('');
}

/** Moonshine for sherpa-onnx: the encoder and the merged decoder as they are, the tokenizer as a token table. */
export const convertMoonshine: Conversion = async ({ unpackedDir, outputDir }) => {
  const table = moonshineTokenTable(await readFile(join(unpackedDir, 'tokenizer.bin')));
  await writeFile(join(outputDir, 'tokens.txt'), table);
  for (const name of ['encoder_model.ort', 'decoder_model_merged.ort']) {
    await rename(join(unpackedDir, name), join(outputDir, name));
  }
};
