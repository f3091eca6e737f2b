import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../../src/core/errors.ts';
import type { EmotionEstimator, VoiceBaseline, VoiceSound } from '../../../src/core/emotion.ts';
import { withTurn } from '../../../src/core/emotion.ts';
import { areaUnderCurve } from '../../emotion/learning.ts';
import { createChance, throughLine } from '../../emotion/telephone.ts';
import { readAudioFile, resampleClip } from '../../lib/audio-file.ts';

/** Acted recordings that voices are measured with. None of them may be trained on. */

export interface ActedClip {
  readonly path: string;
  readonly speaker: string;
  readonly emotion: string;
}

/** RAVDESS: the third field of a name is the emotion (05 anger, 01 neutral), the seventh the actor. */
export async function ravdessClips(folder: string): Promise<ActedClip[]> {
  const names = await filesOf(folder);
  return found(
    folder,
    names.flatMap((name) => {
      const fields = /(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.(?:wav|flac)$/.exec(name);
      const [emotion, speaker] = [fields?.[3], fields?.[7]];
      if (emotion === undefined || speaker === undefined) return [];
      const named = emotion === '05' ? 'angry' : emotion === '01' || emotion === '02' ? 'neutral' : emotion;
      return [{ path: join(folder, name), speaker, emotion: named }];
    }),
  );
}

/** CASIA: one folder a speaker, in it one an emotion. */
export async function casiaClips(folder: string): Promise<ActedClip[]> {
  const names = await filesOf(folder);
  return found(
    folder,
    names.flatMap((name) => {
      const [speaker, emotion, file] = name.split('/').slice(-3);
      if (speaker === undefined || emotion === undefined || !/\.(?:wav|flac)$/.test(file ?? '')) return [];
      return [{ path: join(folder, name), speaker, emotion }];
    }),
  );
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder, { recursive: true })).sort();
  } catch (error) {
    throw new KefuError('audio_invalid', `The folder ${folder} cannot be read.`, { cause: error });
  }
}

function found(folder: string, clips: ActedClip[]): ActedClip[] {
  if (clips.length === 0) throw new KefuError('audio_invalid', `There are no such clips in ${folder}.`);
  return clips;
}

export interface VoiceFigures {
  readonly clips: number;
  /** Area under the curve, anger against all other emotions: each clip by itself, and after the speaker's own first turns. */
  readonly alone: number;
  readonly afterFirstTurns: number;
  readonly unheard: number;
  /** Processor time for a second of sound, pauses and all. */
  readonly msPerSecond: number;
}

/** Neutral clips of a speaker that stand for the first turns of a call. */
const firstTurns = 3;

/** Hears every clip as 8 kHz mu-law with noise of 10 to 20 dB below it (white and brown, turn about; the same every time). */
export async function measureVoices(
  estimator: EmotionEstimator,
  clips: readonly ActedClip[],
  options: { readonly signal: AbortSignal; readonly note: (text: string) => void },
): Promise<VoiceFigures> {
  const heard: { readonly clip: ActedClip; readonly sound: VoiceSound }[] = [];
  let [spentUs, speechMs] = [0, 0];
  for (const [index, clip] of clips.entries()) {
    options.signal.throwIfAborted();
    if (index % 50 === 0) options.note(`${String(index)} of ${String(clips.length)} voices ...`);
    const samples = noisy(resampleClip(await readAudioFile(clip.path), 8000), index);
    // Processor time: on a busy machine the clock measures the others.
    const before = process.cpuUsage();
    const sound = estimator.listen(samples);
    const { user, system } = process.cpuUsage(before);
    spentUs += user + system;
    speechMs += samples.length / 8;
    if (sound) heard.push({ clip, sound });
  }
  const baselines = new Map<string, { baseline: VoiceBaseline; used: Set<ActedClip> }>();
  for (const { clip, sound } of heard) {
    if (clip.emotion !== 'neutral') continue;
    const own = baselines.get(clip.speaker);
    if (own && own.used.size >= firstTurns) continue;
    baselines.set(clip.speaker, {
      baseline: withTurn(own?.baseline, sound),
      used: new Set([...(own?.used ?? []), clip]),
    });
  }
  const later = heard.filter(({ clip }) => baselines.get(clip.speaker)?.used.has(clip) !== true);
  const anger = (those: typeof heard, isRelative: boolean) =>
    areaUnderCurve(
      those.map(
        ({ clip, sound }) =>
          estimator.voice(sound, isRelative ? baselines.get(clip.speaker)?.baseline : undefined).anger,
      ),
      those.map(({ clip }) => clip.emotion === 'angry'),
    );
  return {
    clips: clips.length,
    alone: anger(heard, false),
    afterFirstTurns: anger(later, true),
    unheard: clips.length - heard.length,
    msPerSecond: spentUs / speechMs,
  };
}

/** Calm speech of real people, by speaker: AN4, whose names hold the speaker (`an101-mrcb-b.flac`). */
export async function calmVoices(
  folder: string,
  estimator: EmotionEstimator,
  options: { readonly signal: AbortSignal; readonly note: (text: string) => void },
): Promise<readonly (readonly VoiceSound[])[]> {
  const speakers = new Map<string, VoiceSound[]>();
  for (const [index, name] of (await filesOf(folder)).entries()) {
    options.signal.throwIfAborted();
    const speaker = /^[a-z]+\d+-(\w+)-b\.(?:wav|flac)$/.exec(name)?.[1];
    if (speaker === undefined) continue;
    if (index % 100 === 0) options.note(`${String(index)} calm voices ...`);
    const samples = noisy(resampleClip(await readAudioFile(join(folder, name)), 8000), index);
    const sound = estimator.listen(samples);
    if (sound) speakers.set(speaker, [...(speakers.get(speaker) ?? []), sound]);
  }
  if (speakers.size === 0) throw new KefuError('audio_invalid', `There are no such clips in ${folder}.`);
  return [...speakers.values()];
}

function noisy(samples: Int16Array, seed: number): Int16Array {
  const chance = createChance(seed + 1);
  const snrDb = 10 + 10 * chance();
  let rumble = 0;
  const hiss = () => chance() + chance() + chance() - 1.5;
  const noise = Float64Array.from(samples, () =>
    seed % 2 === 0 ? hiss() : (rumble = 0.95 * rumble + hiss()),
  );
  return throughLine(samples, { noise: { samples: noise, snrDb } });
}
