import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { open, readFile, rm, stat, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { KefuError } from '../core/errors.ts';
import { isNodeError } from './hash.ts';

const ownerSchema = z.object({
  pid: z.int().positive(),
  /** Start time of the process where the system tells it, so that a reused number is not taken for the owner. */
  started: z.string(),
  /** Host and process namespace: a number means nothing elsewhere. */
  machine: z.string(),
  token: z.string(),
});
type Owner = z.infer<typeof ownerSchema>;

/** How often the owner shows that it lives, and after how long a silent owner on another machine counts as gone. */
const heartbeatMs = 5_000;
const silentMs = 60_000;
const pollMs = 250;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** How long to wait for another process before giving up with `timed_out`. */
  readonly waitMs: number;
  /** Called once when another process has the lock. */
  readonly onWait?: (owner: string) => void;
}

/**
 * Takes the lock `path` (a file), waiting for another process that has it; returns the function that releases it. The lock of a
 * dead process is taken over.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<() => Promise<void>> {
  const deadline = performance.now() + options.waitMs;
  let told = false;
  for (;;) {
    options.signal.throwIfAborted();
    const release = await tryLock(path);
    if (release) return release;
    const holder = await readHolder(path);
    if (!holder) continue;
    if (isStale(holder)) {
      await breakLock(path, holder.text);
      continue;
    }
    const who = holder.owner ? `process ${holder.owner.pid}` : 'another process';
    if (!told) options.onWait?.(who);
    told = true;
    if (performance.now() > deadline) {
      throw new KefuError(
        'timed_out',
        `${who} has been using the model folder for ${Math.round(options.waitMs / 1000)} s (lock ${path}); ` +
          'wait for it or stop it, then try again',
      );
    }
    await sleep(pollMs, undefined, { signal: options.signal });
  }
}

async function tryLock(path: string): Promise<(() => Promise<void>) | undefined> {
  const owner: Owner = { pid: process.pid, started: startOf(process.pid), machine, token: randomUUID() };
  const text = JSON.stringify(owner);
  const handle = await open(path, 'wx').catch((error: unknown) => {
    if (isNodeError(error, 'EEXIST')) return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    await handle.writeFile(text);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A heartbeat that fails (the folder was removed) leaves the lock to age, which is what a lost lock should do.
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  heartbeat.unref();
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    clearInterval(heartbeat);
    const holder = await readHolder(path);
    if (holder?.text === text) await rm(path, { force: true });
  };
}

interface Holder {
  readonly text: string;
  /** Undefined while the owner is still writing the file, or when it died doing so. */
  readonly owner: Owner | undefined;
  readonly silentForMs: number;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    const { mtimeMs } = await stat(path);
    return { text, owner: parseOwner(text), silentForMs: Date.now() - mtimeMs };
  } catch (error) {
    if (isNodeError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    // Half-written: its age decides.
    return undefined;
  }
}

function isStale({ owner, silentForMs }: Holder): boolean {
  if (owner?.machine !== machine) return silentForMs > silentMs;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if (!isNodeError(error, 'EPERM')) return true;
  }
  return startOf(owner.pid) !== owner.started;
}

/**
 * Removes a stale lock. Two processes may see the same stale lock; a second lock around the removal keeps the slower one from
 * removing the lock that the faster one has taken meanwhile.
 */
async function breakLock(path: string, staleText: string): Promise<void> {
  const guard = `${path}.breaking`;
  const handle = await open(guard, 'wx').catch(async (error: unknown) => {
    if (!isNodeError(error, 'EEXIST')) throw error;
    const age = await stat(guard).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    // Held for an instant only: an old one belongs to a process that died within it.
    if (age > 10_000) await rm(guard, { force: true });
    return undefined;
  });
  if (!handle) {
    await sleep(50);
    return;
  }
  try {
    const holder = await readHolder(path);
    if (holder?.text === staleText) await unlink(path);
  } finally {
    await handle.close();
    await rm(guard, { force: true });
  }
}

const machine = `${hostname()} ${orEmpty(() => readlinkSync('/proc/self/ns/pid'))}`;

/** Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat); empty where the system has no /proc. */
function startOf(pid: number): string {
  return orEmpty(() => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command in parentheses, may hold spaces.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  });
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    // No /proc (macOS), or the process ended: no more is known than its number.
    return '';
  }
}
