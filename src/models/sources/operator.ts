import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isNodeError } from '../hash.ts';
import { deliveriesOf } from '../manifest.ts';
import type { ArchiveDescription, ModelEntry } from '../manifest.ts';
import { unreachable } from './source.ts';

/** What the operator's folder has of a model: its finished files, or the archives to make it from. */
export type OperatorOffer =
  | { readonly type: 'finished'; readonly folder: string }
  | {
      readonly type: 'archives';
      readonly archives: readonly { path: string; description: ArchiveDescription }[];
    };

export function isUrl(operatorSource: string): boolean {
  return /^https?:\/\//i.test(operatorSource);
}

/** Sets of archives of which any one makes the model: those the operator source names, then those of the other sources. */
export function archiveSets(entry: ModelEntry): (readonly ArchiveDescription[])[] {
  const own = entry.sources.flatMap((source) =>
    source.type === 'operator' && source.archive ? [[source.archive]] : [],
  );
  return [...own, ...entry.sources.map(deliveriesOf).filter((set) => set.length > 0)];
}

/** Looks for a model in a folder. @throws KefuError `model_source_unreachable` telling what was looked for. */
export async function lookInFolder(folder: string, entry: ModelEntry): Promise<OperatorOffer> {
  let names: Set<string>;
  try {
    names = new Set(await readdir(folder));
    await access(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'does not exist',
      ENOTDIR: 'is no folder',
      EACCES: 'may not be read by this user',
    };
    const code = isNodeError(error, ...Object.keys(reasons)) ? (error.code ?? '') : '';
    throw unreachable(`the folder ${folder} ${reasons[code] ?? `cannot be read: ${String(error)}`}`, error);
  }
  if (names.has(entry.id)) return { type: 'finished', folder: join(folder, entry.id) };
  const sets = archiveSets(entry);
  const set = sets.find((descriptions) => descriptions.every(({ file }) => names.has(file)));
  if (!set) {
    const wanted = [
      `${entry.id}/`,
      ...sets.map((descriptions) => descriptions.map(({ file }) => file).join(' with ')),
    ];
    throw unreachable(`the folder ${folder} has none of: ${wanted.join(', ')}`);
  }
  return {
    type: 'archives',
    archives: set.map((description) => ({ path: join(folder, description.file), description })),
  };
}
