import { spawn, type ChildProcessByStdio, type SpawnOptions } from 'node:child_process';
import type { Readable } from 'node:stream';

/**
 * Starts a program that dies with this process, also when this process is killed and can end nothing itself: the kernel sends it
 * SIGKILL then (PR_SET_PDEATHSIG, by `setpriv` of util-linux). Its output can be read.
 */
export function spawnMortal(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'cwd'> = {},
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
