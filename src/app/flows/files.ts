import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../core/errors.ts';
import type { FlowFiles } from '../../core/store.ts';

/** Reads the `*.yaml` files of a folder. Rejects with `flow_invalid` when the folder cannot be read or has none. */
export async function readFlowFiles(directory: string): Promise<FlowFiles> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => name.endsWith('.yaml')).sort();
  } catch (error) {
    throw new KefuError('flow_invalid', `The folder ${directory} cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
  if (names.length === 0)
    throw new KefuError('flow_invalid', `The folder ${directory} has no flows (files ending in .yaml).`);
  const entries = names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(entries));
}
