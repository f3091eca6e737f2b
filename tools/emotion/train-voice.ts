import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../src/core/errors.ts';
import { voiceEvidence, type VoiceHeadFile, type VoicesFile } from '../../src/understand/emotion/heads.ts';
import { voiceFeatureNames, voiceFeatures } from '../../src/understand/emotion/voice-features.ts';
import { groupBy } from '../bench/lib/statistics.ts';
import { readAudioFile, resampleClip } from '../lib/audio-file.ts';
import { areaUnderCurve, fitNetwork, type NetworkRow } from './learning.ts';
import { createChance, throughLine, type Line } from './telephone.ts';

/** Lines each speaker is heard through, beside the clean one. */
const defaultLines = 8;
const networks = 5;
const shape = { hidden: 24, epochs: 12, decay: 1e-2, noise: 0.5 };
/** How many of all turns of a hotline are taken to sound angry: scores are probabilities for such a mix. */
const prior = 0.1;

interface Sample {
  readonly speaker: string;
  /** Which of the lines it came through. */
  readonly line: number;
  readonly anger: boolean;
  /** Undefined where one cannot say: disgust may be loud or low. */
  readonly arousal: boolean | undefined;
  readonly features: Float64Array;
}

/** Letters of Emo-DB: Wut, Freude, Angst; Neutral, Langeweile, Trauer. */
const aroused: Readonly<Record<string, boolean | undefined>> = {
  W: true,
  F: true,
  A: true,
  N: false,
  L: false,
  T: false,
};

/** Trains the heads for voices on Emo-DB, heard through many telephone lines, and reports how they do on unknown speakers. */
export async function trainVoice(
  options: { readonly emodb: string; readonly noise: string; readonly lines?: number },
  print: (line: string) => void,
): Promise<VoiceHeadFile> {
  const samples = await hear(options, print);
  const moved = compared(samples);
  const absolute = train(samples, print);
  const relative = train(moved, print);
  return {
    version: 1,
    training: {
      script: 'npm run emotion -- train voice',
      data: 'Emo-DB (Burkhardt et al. 2005), 6 speakers, heard through simulated telephone lines',
      clips: samples.length,
      unknownSpeaker: { absolute: absolute.trial, relative: relative.trial },
    },
    features: [...voiceFeatureNames],
    absolute: absolute.file,
    relative: relative.file,
  };
}

async function hear(
  {
    emodb,
    noise,
    lines = defaultLines,
  }: { readonly emodb: string; readonly noise: string; readonly lines?: number },
  print: (line: string) => void,
): Promise<Sample[]> {
  const names = (await readdir(emodb))
    .filter((name) => /^\d\d[a-z]\d\d[A-Z][a-z]\.(?:wav|flac)$/.test(name))
    .sort();
  if (names.length === 0) throw new KefuError('audio_invalid', `There is no clip of Emo-DB in ${emodb}.`);
  const noises = await readNoises(noise);
  const samples: Sample[] = [];
  for (const [index, name] of names.entries()) {
    if (index % 20 === 0) print(`${index} of ${names.length} clips heard`);
    const clip = resampleClip(await readAudioFile(join(emodb, name)), 8000);
    const [speaker, letter] = [name.slice(0, 2), name.slice(5, 6)];
    for (let line = 0; line <= lines; line += 1) {
      const features = voiceFeatures(throughLine(clip, lineOf(speaker, line, clip.length, index, noises)));
      if (features)
        samples.push({ speaker, line, anger: letter === 'W', arousal: aroused[letter], features });
    }
  }
  return samples;
}

/** A speaker's telephone: its tone, room and noise are the same for all that is said on it. */
function lineOf(
  speaker: string,
  line: number,
  length: number,
  clip: number,
  { noises, rooms }: { readonly noises: readonly Float64Array[]; readonly rooms: readonly Float64Array[] },
): Line {
  if (line === 0) return {};
  const chance = createChance(Number(speaker) * 1009 + line);
  const between = (from: number, to: number) => from + (to - from) * chance();
  const speed = between(0.85, 1.18);
  const tiltDb = between(-8, 8);
  const bump = { hz: between(300, 3000), db: between(-6, 6) };
  const room = chance() < 0.3 ? rooms[Math.floor(chance() * rooms.length)] : undefined;
  const peakDb = between(1, 20);
  const kind = Math.floor(chance() * (noises.length + 3));
  const snrDb = between(5, 30);
  const own = createChance(clip * 31 + line);
  const recorded = noises[kind];
  const hiss = () => own() + own() + own() - 1.5;
  let rumble = 0;
  const samples = recorded
    ? recorded.slice(Math.floor(own() * Math.max(1, recorded.length - 8000)))
    : Float64Array.from({ length }, () => (kind % 2 === 0 ? hiss() : (rumble = 0.95 * rumble + hiss())));
  return {
    speed,
    tiltDb,
    bump,
    peakDb,
    ...(room && { room }),
    ...(chance() < 0.85 && { noise: { samples, snrDb } }),
  };
}

async function readNoises(folder: string): Promise<{ noises: Float64Array[]; rooms: Float64Array[] }> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.wav')).sort();
  const noises: Float64Array[] = [];
  const rooms: Float64Array[] = [];
  for (const file of files) {
    const clip = await readAudioFile(join(folder, file));
    const sound = Float64Array.from(resampleClip(clip, 8000));
    if (/rirs?\/|impulse/i.test(file)) rooms.push(asRoom(sound));
    else if (sound.length > 4000) noises.push(sound);
  }
  return { noises, rooms };
}

/** A fifth of a second from the direct sound on, which has the strength 1. */
function asRoom(sound: Float64Array): Float64Array {
  const most = sound.reduce(
    (best, value, index) => (Math.abs(value) > Math.abs(sound[best] ?? 0) ? index : best),
    0,
  );
  const peak = sound[most] ?? 1;
  return sound.slice(most, most + 1600).map((value) => value / peak);
}

/** Each sample less the mean of one to three others of the same speaker on the same line, most of them not angry: a call's start. */
function compared(samples: readonly Sample[]): Sample[] {
  const chance = createChance(11);
  const calls = groupBy(samples, ({ speaker, line }) => `${speaker} ${line}`);
  return samples.flatMap((sample) => {
    const others = (calls.get(`${sample.speaker} ${sample.line}`) ?? []).filter((other) => other !== sample);
    const calm = others.filter(({ arousal }) => arousal === false);
    const start = Array.from({ length: 1 + Math.floor(chance() * 3) }, () => {
      const from = chance() < 0.7 && calm.length > 0 ? calm : others;
      return from[Math.floor(chance() * from.length)] ?? sample;
    });
    const features = sample.features.map(
      (value, index) =>
        value - start.reduce((sum, other) => sum + (other.features[index] ?? 0), 0) / start.length,
    );
    return [{ ...sample, features }];
  });
}

function train(samples: readonly Sample[], print: (line: string) => void) {
  const speakers = [...new Set(samples.map(({ speaker }) => speaker))];
  const evidence: (readonly [number, number])[] = [];
  for (const speaker of speakers) {
    const file = fit(samples.filter((sample) => sample.speaker !== speaker));
    for (const [index, sample] of samples.entries())
      if (sample.speaker === speaker) evidence[index] = voiceEvidence(file, Array.from(sample.features));
    print(`trial without speaker ${speaker} done`);
  }
  const known = samples.map((_, index) => index).filter((index) => samples[index]?.arousal !== undefined);
  const angry = samples.map(({ anger }) => anger);
  const auc = {
    anger: areaUnderCurve(
      evidence.map(([anger]) => anger),
      angry,
    ),
    arousal: areaUnderCurve(
      known.map((index) => evidence[index]?.[1] ?? 0),
      known.map((index) => samples[index]?.arousal === true),
    ),
  };
  print(
    `unknown speakers: area under the curve, anger ${auc.anger.toFixed(3)}, arousal ${auc.arousal.toFixed(3)}`,
  );
  const [angerOffset, angerScale] = calibrate(
    evidence.map(([anger]) => anger),
    angry,
    prior,
  );
  const [arousalOffset, arousalScale] = calibrate(
    known.map((index) => evidence[index]?.[1] ?? 0),
    known.map((index) => samples[index]?.arousal === true),
    0.3,
  );
  const file: VoicesFile = {
    ...fit(samples),
    offset: [angerOffset, arousalOffset],
    scale: [angerScale, arousalScale],
  };
  return { file, trial: auc };
}

function fit(samples: readonly Sample[]): VoicesFile {
  const width = voiceFeatureNames.length;
  const at = (index: number) => samples.map(({ features }) => features[index] ?? 0);
  const mean = Array.from({ length: width }, (_, index) => average(at(index)));
  const spread = Array.from({ length: width }, (_, index) =>
    Math.max(1e-6, Math.sqrt(average(at(index).map((value) => (value - (mean[index] ?? 0)) ** 2)))),
  );
  const share = average(samples.map(({ anger }) => (anger ? 1 : 0)));
  const rows = samples.map(({ features, anger, arousal }): NetworkRow => ({
    input: features.map((value, index) =>
      Math.max(-4, Math.min(4, (value - (mean[index] ?? 0)) / (spread[index] ?? 1))),
    ),
    targets: [anger ? 1 : 0, arousal === true ? 1 : 0],
    counts: [anger ? 0.5 / share : 0.5 / (1 - share), arousal === undefined ? 0 : 1],
  }));
  const short = (value: number) => Math.round(value * 1e5) / 1e5;
  return {
    mean: mean.map(short),
    spread: spread.map(short),
    networks: Array.from({ length: networks }, (_, seed) => fitNetwork(rows, { ...shape, seed: seed + 1 })),
    offset: [0, 0],
    scale: [1, 1],
  };
}

/** Offset and scale that make evidence honest odds, where a share `expected` of all turns is positive. */
function calibrate(
  evidence: readonly number[],
  isPositive: readonly boolean[],
  expected: number,
): [number, number] {
  const share = average(isPositive.map((is) => (is ? 1 : 0)));
  const counts = isPositive.map((is) => (is ? expected / share : (1 - expected) / (1 - share)));
  let [scale, bias] = [1, 0];
  for (let round = 0; round < 3000; round += 1) {
    let [slope, lift] = [0, 0];
    for (const [index, value] of evidence.entries()) {
      const error =
        (1 / (1 + Math.exp(-(value * scale + bias))) - (isPositive[index] === true ? 1 : 0)) *
        (counts[index] ?? 0);
      slope += (error * value) / evidence.length;
      lift += error / evidence.length;
    }
    scale -= 0.3 * slope;
    bias -= 0.5 * lift;
  }
  const short = (value: number) => Math.round(value * 1e4) / 1e4;
  return [short(bias / scale), short(scale)];
}

const average = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
