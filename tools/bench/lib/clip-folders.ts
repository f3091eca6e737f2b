import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { KefuError } from '../../../src/core/errors.ts';
import { UsageError } from './benchmark.ts';
import { parseTranscripts } from './transcripts.ts';

/** A recorded clip and what is said in it. */
export interface Clip {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

export interface ClipFolder {
  readonly transcriptFile: string;
  /** At most `limit` of them, spread evenly over the folder. */
  readonly clips: readonly Clip[];
  /** Clips with a text in the whole folder. */
  readonly of: number;
  readonly withoutText: readonly string[];
  readonly withoutClip: readonly string[];
}

/**
 * The clips of a folder with their texts.
 * @param transcript - the file with the texts; by default the one that lies beside or in the folder.
 * @throws UsageError, KefuError `audio_invalid` or `config_invalid`, each saying what to do.
 */
export async function matchClips(
  folder: string,
  transcript: string | undefined,
  limit: number,
): Promise<ClipFolder> {
  const transcriptFile = transcript ?? (await findTranscripts(folder));
  const texts = new Map(
    parseTranscripts(await readText(transcriptFile), transcriptFile).map(({ name, text }) => [
      withoutEnding(name),
      text,
    ]),
  );
  const files = (await listFolder(folder)).filter((file) => /\.(?:wav|flac)$/i.test(file)).sort();
  const clips: Clip[] = [];
  const withoutText: string[] = [];
  for (const file of files) {
    const name = withoutEnding(basename(file));
    const text = texts.get(name);
    if (text === undefined) withoutText.push(name);
    else clips.push({ name, path: join(folder, file), text });
    texts.delete(name);
  }
  if (clips.length === 0) {
    throw new KefuError('audio_invalid', `No WAV or FLAC file of ${folder} has a text in ${transcriptFile}.`);
  }
  return {
    transcriptFile,
    clips: spread(clips, limit),
    of: clips.length,
    withoutText,
    withoutClip: [...texts.keys()],
  };
}

const withoutEnding = (name: string) => name.replace(/\.(?:wav|flac)$/i, '');

async function findTranscripts(folder: string): Promise<string> {
  const beside = `${folder.replace(/\/+$/, '')}.transcription`;
  if (existsSync(beside)) return beside;
  const inside = (await listFolder(folder)).filter((file) =>
    ['.tsv', '.txt', '.transcription'].includes(extname(file)),
  );
  const [only] = inside;
  if (only !== undefined && inside.length === 1) return join(folder, only);
  throw new UsageError(
    `Name the transcript with --transcript FILE: ${inside.length === 0 ? 'none lies' : 'several lie'} beside the clips of ${folder}.`,
  );
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    throw new KefuError('audio_invalid', `The folder ${folder} cannot be read.`, { cause: error });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new KefuError('config_invalid', `The transcript ${file} cannot be read.`, { cause: error });
  }
}

/** At most `limit` of a list, spread over the whole of it, so that a part of a set is not only its first speakers. */
function spread<T>(list: readonly T[], limit: number): T[] {
  if (list.length <= limit) return [...list];
  return list.filter(
    (_, index) =>
      Math.floor((index * limit) / list.length) !== Math.floor(((index - 1) * limit) / list.length),
  );
}
