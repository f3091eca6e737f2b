import { randomBytes } from 'node:crypto';
import { lstat, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isLoopback } from '../telephony/peers.ts';
import type { Config } from './config.ts';

/** In the data folder: what lets tools of this machine in. Whoever can read that folder has the calls anyway. */
const fileOf = (dataDir: string): string => join(dataDir, 'local-token');
const tokenPattern = /^local_[A-Za-z0-9_-]{43}$/;

/**
 * The token of a data folder, made when there is none. It stays the same for all processes on the folder; a file that others of this
 * machine could have read or written is replaced.
 */
export async function keepLocalToken(dataDir: string): Promise<string> {
  const file = fileOf(dataDir);
  const known = await readLocalToken(dataDir);
  if (known !== undefined) {
    const { mode } = await lstat(file);
    if ((mode & 0o077) === 0) return known;
  }
  await rm(file, { force: true });
  const token = `local_${randomBytes(32).toString('base64url')}`;
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${token}\n`);
  } finally {
    await handle.close();
  }
  return token;
}

/** The token of a data folder; undefined when no Kefu has run on it, or for users who may not read it. */
export async function readLocalToken(dataDir: string): Promise<string | undefined> {
  try {
    const text = (await readFile(fileOf(dataDir), 'utf8')).trim();
    return tokenPattern.test(text) ? text : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES'))
      return undefined;
    throw error;
  }
}

/** What a tool sends to the Kefu at `url`: the API token of the settings, or, to a Kefu of this machine only, the local one. */
export async function toolToken(
  config: Pick<Config, 'apiToken' | 'dataDir'>,
  url: string,
): Promise<string | undefined> {
  if (config.apiToken !== undefined) return config.apiToken;
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  return host === 'localhost' || isLoopback(host) ? readLocalToken(config.dataDir) : undefined;
}
