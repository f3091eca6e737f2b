import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmotionEstimator } from '../core/emotion.ts';
import type { SentenceEncoder } from '../core/understanding.ts';
import { createEmotionEstimator } from '../understand/emotion/estimator.ts';
import { parseHead, voiceHeadSchema, wordsHeadSchema } from '../understand/emotion/heads.ts';
import { projectDir } from './config.ts';

/** Where the trained heads lie; they come with Kefu. */
export const emotionDir = join(projectDir, 'models', 'emotion');

/** The estimator of moods with the heads that come with Kefu. Rejects with `config_invalid` when they do not fit the encoder. */
export async function loadEmotionEstimator(encoder: SentenceEncoder): Promise<EmotionEstimator> {
  const [words, voice] = await Promise.all(
    ['words.json', 'voice.json'].map((name) => readFile(join(emotionDir, name), 'utf8')),
  );
  return createEmotionEstimator({
    encoder,
    wordsHead: parseHead(wordsHeadSchema, words ?? '', 'models/emotion/words.json'),
    voiceHead: parseHead(voiceHeadSchema, voice ?? '', 'models/emotion/voice.json'),
  });
}
