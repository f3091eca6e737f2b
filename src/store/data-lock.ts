import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';

/** Who holds a lock. `startedAt` tells a process from a later one with the same number. */
const ownerSchema = z.object({
  token: z.string(),
  pid: z.number(),
  host: z.string(),
  startedAt: z.string(),
});
type Owner = z.infer<typeof ownerSchema>;

export interface DataLock {
  /** Gives the lock back. Idempotent. */
  release(): void;
}

/** The file's time is renewed this often, for machines that cannot see each other's processes. */
const heartbeatMs = 4_000;
/** A lock of another machine whose file was not renewed for this long is of a dead one. */
const abandonedMs = 10_000;

const lookEveryMs = 250;

/** Locks of this process. */
const held = new Set<string>();

/**
 * Takes the lock file `path` for this process. The lock of a process that has died is taken over at once; that of another
 * machine (a container with the same volume) after it was not renewed for `waitMs` (10 s), which this waits for.
 *
 * @throws KefuError `store_locked` when a living process has it, `store_unavailable` when the file cannot be made.
 */
export async function takeDataLock(path: string, log?: Logger, waitMs = abandonedMs): Promise<DataLock> {
  const owner: Owner = {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    startedAt: startOf(process.pid) ?? '',
  };
  for (;;) {
    if (tryCreate(path, owner)) return holdLock(path, owner, log);
    const current = readOwner(path);
    if (!current) continue;
    if (await isAlive(path, current.owner, waitMs))
      throw new KefuError(
        'store_locked',
        `The data folder is in use by process ${current.owner.pid} on ${current.owner.host} (lock file ${path}).`,
      );
    setAside(path, current.text);
  }
}

/** Makes the lock file with its content in one step; false when there is one already. */
function tryCreate(path: string, owner: Owner): boolean {
  const draft = `${path}.${owner.token}`;
  try {
    writeFileSync(draft, JSON.stringify(owner));
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new KefuError('store_unavailable', `The lock file ${path} cannot be made: ${String(error)}`, {
      cause: error,
    });
  } finally {
    rmSync(draft, { force: true });
  }
}

function holdLock(path: string, owner: Owner, log: Logger | undefined): DataLock {
  held.add(owner.token);
  const heartbeat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch (error) {
      // Somebody removed the file, or the disk is gone. To stop halfway would put the data at a greater risk than to go on.
      log?.warn({ err: error }, 'the lock of the data folder cannot be renewed');
    }
  }, heartbeatMs);
  heartbeat.unref();
  return {
    release() {
      if (!held.delete(owner.token)) return;
      clearInterval(heartbeat);
      if (readOwner(path)?.owner.token === owner.token) rmSync(path, { force: true });
    },
  };
}

/** The lock's owner and the file's text; undefined when it has just gone. A file that cannot be read belongs to nobody alive. */
function readOwner(path: string): { readonly owner: Owner; readonly text: string } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = ownerSchema.safeParse(parseJson(text));
  const nobody = { token: '', pid: 0, host: hostname(), startedAt: '' };
  return { owner: parsed.success ? parsed.data : nobody, text };
}

async function isAlive(path: string, owner: Owner, waitMs: number): Promise<boolean> {
  if (held.has(owner.token)) return true;
  if (owner.host === hostname()) {
    if (owner.pid === 0 || !processExists(owner.pid)) return false;
    const startedAt = startOf(owner.pid);
    return startedAt === undefined || owner.startedAt === '' || startedAt === owner.startedAt;
  }
  // By this machine's clock against itself: the two machines' clocks need not agree.
  const renewedAt = modifiedAt(path);
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += lookEveryMs) {
    await delay(lookEveryMs);
    if (modifiedAt(path) !== renewedAt) return modifiedAt(path) !== undefined;
  }
  return false;
}

/** Moves a dead lock out of the way, unless another process was quicker and the file is by now its new lock. */
function setAside(path: string, deadText: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== deadText) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** When a process started, in the system's own terms; undefined where the system does not tell (it has no /proc). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in brackets may hold spaces; the start time is the 20th field after it (proc(5)).
    const startedTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${startedTicks ?? ''}`;
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
