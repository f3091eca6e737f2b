import { KefuError } from '../../core/errors.ts';
import type { EmotionEstimator } from '../../core/emotion.ts';
import type { SentenceEncoder } from '../../core/understanding.ts';
import { normalForm } from '../normalize/normal-form.ts';
import { voiceEvidence, WordsHead, type VoiceHeadFile, type WordsHeadFile } from './heads.ts';
import { featuresOf, loudnessOf } from './voice-features.ts';
import { analyseVoice } from './voice-frames.ts';

export interface EmotionEstimatorOptions {
  readonly encoder: SentenceEncoder;
  readonly wordsHead: WordsHeadFile;
  readonly voiceHead: VoiceHeadFile;
}

/** Longer turns are judged by their last part: how a caller ends is what the answer meets. */
const longestSamples = 6 * 8000;
/**
 * Evidence for anger and arousal in each dB above the caller's own first turns. Set by hand and not trained: the levels of the
 * recordings that may be trained on were evened out by their makers.
 */
const evidencePerDb = 0.12;
const mostDb = 10;
/** With so many turns behind the baseline, the comparison counts fully; before, the voice by itself has the rest. */
const fullBaseline = 2;

/** Reads words with a sentence encoder and voices by their features, with the heads trained for both. */
export function createEmotionEstimator(options: EmotionEstimatorOptions): EmotionEstimator {
  const { encoder, voiceHead } = options;
  const wordsHead = new WordsHead(options.wordsHead);
  if (wordsHead.dimensions !== encoder.dimensions) {
    throw new KefuError(
      'config_invalid',
      `The emotion of words was trained on vectors of ${wordsHead.dimensions} numbers, but ${encoder.id} gives ${encoder.dimensions}: train it again (models/training/emotion/README.md).`,
    );
  }
  return {
    async words(text, language, signal) {
      const normal = normalForm(text, language);
      if (normal === '') return { angry: 0, upset: 0, neutral: 1, pleased: 0 };
      const [vector] = await encoder.encode([normal], signal);
      if (!vector) throw new KefuError('encoder_failed', 'The sentence encoder gave no vector');
      return wordsHead.scores(vector, normal, language);
    },

    listen(samples) {
      const frames = analyseVoice(samples.subarray(Math.max(0, samples.length - longestSamples)));
      const features = featuresOf(frames);
      if (!features) return undefined;
      // Four digits are more than a line leaves of any of them, and keep the call's state short.
      const short = (value: number) => Math.round(value * 1e4) / 1e4;
      return { features: Array.from(features, short), loudness: short(loudnessOf(frames)) };
    },

    voice({ features, loudness }, baseline) {
      const [anger, arousal] = voiceEvidence(voiceHead.absolute, features);
      if (!baseline) return { anger: sigmoid(anger), arousal: sigmoid(arousal), relative: false };
      const moved = features.map((value, index) => value - (baseline.features[index] ?? value));
      const [angerMoved, arousalMoved] = voiceEvidence(voiceHead.relative, moved);
      const share = Math.min(1, baseline.turns / fullBaseline) / 2;
      const louderDb = loudness - baseline.loudness;
      const louder = Math.max(-mostDb, Math.min(mostDb, louderDb)) * evidencePerDb;
      return {
        anger: sigmoid((1 - share) * anger + share * angerMoved + louder),
        arousal: sigmoid((1 - share) * arousal + share * arousalMoved + louder),
        louderDb,
        relative: true,
      };
    },
  };
}

const sigmoid = (evidence: number) => 1 / (1 + Math.exp(-evidence));
