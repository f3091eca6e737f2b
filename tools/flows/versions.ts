import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { KefuError } from '../../src/core/errors.ts';
import type { FlowFiles, FlowVersion } from '../../src/core/store.ts';
import type { Published } from '../../src/app/flows/publish.ts';
import { readFlowFiles } from '../../src/app/flows/files.ts';
import type { FlowDesk } from './desk.ts';

/** One line of `list`. */
export function describeVersion(version: FlowVersion, isNewest: boolean): string {
  const at = new Date(version.publishedAtEpochMs).toISOString().slice(0, 16).replace('T', ' ');
  const back = version.restores === null ? '' : ` (the content of version ${String(version.restores)})`;
  return `${isNewest ? '*' : ' '} ${String(version.number).padStart(4)}  ${version.contentHash}  ${at}  ${version.author}: ${version.note}${back}`;
}

/** What publishing or rolling back did, in a sentence. */
export function describePublished({ version, isNew }: Published, place: string): string {
  const number = String(version.number);
  return isNew
    ? `Version ${number} is published in ${place}; new calls begin with it, calls under way keep theirs.`
    : `Nothing was published: version ${number} has exactly this content already.`;
}

/** The files that `name` means: a number is a published version, everything else a folder. */
export async function filesOf(name: string, desk: () => Promise<FlowDesk>): Promise<FlowFiles> {
  return /^\d+$/.test(name) ? (await desk()).files(Number(name)) : readFlowFiles(name);
}

/** What differs between two sets of files, as a unified diff; empty when nothing does. */
export function diffFiles(before: FlowFiles, after: FlowFiles): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => createTwoFilesPatch(name, name, before[name] ?? '', after[name] ?? '', undefined, undefined, { context: 2 }))
    .join('');
}

/** Writes files into a new or empty folder, so that nothing of the user's is overwritten. */
export async function exportFiles(files: FlowFiles, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0)
    throw new KefuError('config_invalid', `The folder ${directory} is not empty; name a new one.`);
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)),
  );
}
