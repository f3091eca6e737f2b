import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** In the data folder: where the Kefu that uses it listens, for tools that cannot open its database beside it. */
const fileOf = (dataDir: string): string => join(dataDir, 'address');

/** Writes down where this process listens; the function it resolves with takes it back. */
export async function announceAddress(dataDir: string, address: string): Promise<() => Promise<void>> {
  await writeFile(fileOf(dataDir), `${address}\n`);
  return () => rm(fileOf(dataDir), { force: true });
}

/** Where the Kefu of a data folder listens, or listened when it died; undefined when none does. */
export async function readAddress(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(fileOf(dataDir), 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
