import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEmotionEstimator } from '../../../src/app/emotion.ts';
import { moods, type EmotionEstimator } from '../../../src/core/emotion.ts';
import { languages } from '../../../src/core/language.ts';
import type { SentenceEncoder } from '../../../src/core/understanding.ts';
import { decodeMulaw } from '../../../src/media/g711.ts';
import { encodeWav } from '../../../src/media/wav.ts';
import { estimateFile } from '../../../tools/emotion/estimate.ts';
import { areaUnderCurve } from '../../../tools/emotion/learning.ts';
import { createCallerVoice } from '../../../tools/lib/caller-voice.ts';
import { testModelStore } from '../../support/models.ts';
import { startTestEncoder } from '../../support/sentence-encoder.ts';

const heldOut = resolve(import.meta.dirname, '../../../models/training/held-out');
let encoder: SentenceEncoder;
let estimator: EmotionEstimator;

beforeAll(async () => {
  encoder = await startTestEncoder();
  estimator = await loadEmotionEstimator(encoder);
});
afterAll(() => encoder.close());

describe('the shipped head for words', () => {
  it.each(languages)('tells angry lines it has never seen from others (%s)', async (language) => {
    const lines = readFileSync(join(heldOut, `emotion.${language}.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string; emotion: string });
    const scores = [];
    for (const { text } of lines) scores.push(await estimator.words(text, language));
    const right = scores.filter((own, index) => {
      const best = moods.reduce((first, mood) => (own[mood] > own[first] ? mood : first));
      return best === lines[index]?.emotion;
    });
    const auc = areaUnderCurve(
      scores.map(({ angry }) => angry),
      lines.map(({ emotion }) => emotion === 'angry'),
    );
    expect(auc).toBeGreaterThan(0.92);
    expect(right.length / lines.length).toBeGreaterThan(0.75);
  });
});

describe('the shipped head for voices', () => {
  it('hears no anger in a voice that has none, and stands in for words in the tool', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kefu-emotion-'));
    const voice = await createCallerVoice(testModelStore());
    try {
      const sentences = [
        'Where is my order, please?',
        'I would like to change my address.',
        'Thank you, goodbye.',
      ];
      const lines = [];
      for (const [index, text] of sentences.entries()) {
        const name = `${String(index)}.wav`;
        await writeFile(join(folder, name), encodeWav(decodeMulaw((await voice.say(text)).mulaw), 8000));
        lines.push(
          { id: index, audio: name, call: 'one' },
          { id: `${String(index)} with words`, audio: name, text },
        );
      }
      const [input, output] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')];
      await writeFile(input, lines.map((line) => JSON.stringify(line)).join('\n'));
      expect(await estimateFile(estimator, { input, output })).toBe(6);
      const found = (await readFile(output, 'utf8'))
        .trim()
        .split('\n')
        .map(
          (line) =>
            JSON.parse(line) as { emotion: { label: string; score: number; parts: { voice?: unknown } } },
        );
      for (const { emotion } of found) {
        expect(emotion.label).not.toBe('angry');
        expect(emotion.score).toBeLessThan(0.4);
        expect(emotion.parts.voice).toBeDefined();
      }
      expect(found[4]?.emotion.parts.voice).toMatchObject({ relative: true });
    } finally {
      await voice.close();
      await rm(folder, { recursive: true });
    }
  });
});
