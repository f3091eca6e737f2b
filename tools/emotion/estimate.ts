import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Emotion, EmotionEstimator, EmotionState } from '../../src/core/emotion.ts';
import { KefuError, toKefuError } from '../../src/core/errors.ts';
import { languageSchema } from '../../src/core/language.ts';
import { feel, noEmotion } from '../../src/dialog/emotion.ts';
import { decodeMulaw, encodeMulaw } from '../../src/media/g711.ts';
import { detectLanguage } from '../../src/understand/normalize/language.ts';
import { readAudioFile, resampleClip } from '../lib/audio-file.ts';
import { readPlacedJsonLines } from '../lib/json-lines.ts';

/** A line of input: words, a file of sound, or both. Lines of one `call` are its turns, in order. */
export const lineSchema = z
  .looseObject({
    id: z.union([z.string(), z.number()]),
    text: z.string().optional(),
    audio: z.string().optional(),
    lang: languageSchema.optional(),
    call: z.string().optional(),
    interrupted: z.boolean().optional(),
    asksForPerson: z.boolean().optional(),
    afterFailure: z.boolean().optional(),
  })
  .refine(({ text, audio }) => text !== undefined || audio !== undefined, 'It has neither text nor audio.');
export type EmotionLine = z.infer<typeof lineSchema>;

/** The mood after a turn. */
export async function estimateTurn(
  estimator: EmotionEstimator,
  before: EmotionState,
  line: EmotionLine,
  folder: string,
): Promise<EmotionState> {
  const text = line.text ?? '';
  const words =
    text.trim() === '' ? undefined : await estimator.words(text, line.lang ?? detectLanguage(text, 'en'));
  const sound =
    line.audio === undefined
      ? undefined
      : estimator.listen(await telephoneSound(resolve(folder, line.audio)));
  const voice = sound && estimator.voice(sound, before.baseline ?? undefined);
  return feel(before, {
    reading: { ...(words && { words }), ...(voice && { voice }) },
    sound,
    text,
    interrupted: line.interrupted === true,
    asksForPerson: line.asksForPerson === true,
    afterFailure: line.afterFailure === true,
  });
}

/** A file as a telephone carries it: 8 kHz mu-law. */
export async function telephoneSound(path: string): Promise<Int16Array> {
  return decodeMulaw(encodeMulaw(resampleClip(await readAudioFile(path), 8000)));
}

/** Adds `emotion` to every line of a file. A line of no call stands for itself, as the first turn of a call would. */
export async function estimateFile(
  estimator: EmotionEstimator,
  { input, output }: { readonly input: string; readonly output: string },
): Promise<number> {
  const calls = new Map<string, EmotionState>();
  const lines: string[] = [];
  for await (const { place, value: line } of readPlacedJsonLines(input, lineSchema)) {
    const before = (line.call === undefined ? undefined : calls.get(line.call)) ?? noEmotion();
    const after = await estimateTurn(estimator, before, line, dirname(input)).catch((error: unknown) => {
      const { code, message } = toKefuError(error);
      throw new KefuError(code, `${place}: ${message}`, { cause: error });
    });
    if (line.call !== undefined) calls.set(line.call, after);
    lines.push(JSON.stringify({ ...line, emotion: after.emotion && readable(after.emotion) }));
  }
  await writeFile(output, lines.map((line) => `${line}\n`).join(''));
  return lines.length;
}

/** Scores with six digits: enough to order any two lines by them. */
function readable(emotion: Emotion): unknown {
  return JSON.parse(JSON.stringify(emotion), (_, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
  );
}
