import { readFile, readdir, readlink } from 'node:fs/promises';
import { groupBy } from './statistics.ts';

/** What a process has used, all its threads together. */
export interface ProcessUsage {
  /** User and system time, in seconds. */
  readonly cpuS: number;
  /** Resident memory now and at its highest, in megabytes of a million bytes. */
  readonly memoryMb: number;
  readonly peakMemoryMb: number;
  readonly threads: number;
}

/** Linux counts CPU time for programs in hundredths of a second, whatever its timer runs at. */
const ticksPerSecond = 100;

/** CPU time from the text of `/proc/PID/stat`, in seconds. The process's name, in brackets, may itself hold blanks and brackets. */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const userTicks = Number(fields[11]);
  const systemTicks = Number(fields[12]);
  if (!Number.isFinite(userTicks + systemTicks)) throw new Error(`This is no process status: ${stat.trim()}`);
  return (userTicks + systemTicks) / ticksPerSecond;
}

/** A number from the text of `/proc/PID/status`; sizes are in kilobytes of 1,024 bytes. */
export function statusNumber(status: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  if (found === undefined) throw new Error(`The process status has no ${field}.`);
  return Number(found);
}

const toMb = (kilobytes: number) => (kilobytes * 1024) / 1e6;

/** @throws Error when there is no such process, or this system has no `/proc`. */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  return {
    cpuS: cpuSecondsOf(stat),
    memoryMb: toMb(statusNumber(status, 'VmRSS')),
    peakMemoryMb: toMb(statusNumber(status, 'VmHWM')),
    threads: statusNumber(status, 'Threads'),
  };
}

/** CPU time of each thread that lives now, in seconds, by its number; that of the main thread is the process's. */
export async function threadCpuOf(pid: number): Promise<ReadonlyMap<string, number>> {
  const folder = `/proc/${pid}/task`;
  const times = await Promise.all(
    (await readdir(folder)).map(async (thread) => {
      // A thread may end while the others are read.
      const stat = await readFile(`${folder}/${thread}/stat`, 'utf8').catch(() => undefined);
      return [thread, stat === undefined ? 0 : cpuSecondsOf(stat)] as const;
    }),
  );
  return new Map(times);
}

/** What a process has open: `socket:[123]`, `/path` and so on. */
export async function openFilesOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const targets = await Promise.all(
    // One may be closed while the others are read.
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => undefined)),
  );
  return targets.filter((target) => target !== undefined);
}

/** How many there are of each name. */
export function countByName(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

/** `socket:[123]` is a socket, `anon_inode:[eventpoll]` an eventpoll, `/path` a file. */
export function kindOfFile(target: string): string {
  return /^anon_inode:\[?(\w+)\]?$/.exec(target)?.[1] ?? /^(\w+):\[\d+\]$/.exec(target)?.[1] ?? 'file';
}

/** Watches the memory of a process until stopped. */
export interface MemoryWatch {
  /** The highest resident memory seen, in megabytes. */
  stop(): number;
}

const watchEveryMs = 500;

export function watchMemory(pid: number): MemoryWatch {
  let highest = 0;
  const look = (): void => {
    usageOf(pid).then(
      ({ memoryMb }) => (highest = Math.max(highest, memoryMb)),
      () => clearInterval(timer),
    );
  };
  const timer = setInterval(look, watchEveryMs);
  look();
  return {
    stop() {
      clearInterval(timer);
      return highest;
    },
  };
}
