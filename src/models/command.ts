import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Variables the package clients run with: their configuration (index, proxy, certificates) comes from there. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** The last 64 KiB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

const keptCharacters = 65_536;
const killAfterMs = 3_000;

/**
 * Runs a program to its end; stopped (SIGTERM, after 3 s SIGKILL) when the signal aborts.
 * Rejects with node's error when it cannot be started (`ENOENT`: not installed) and with the signal's reason when aborted.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { environment, signal }: CommandOptions,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const child = spawn(program, args, { env: { ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-keptCharacters);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptCharacters);
  });
  const closed = new AbortController();
  const stop = () => {
    child.kill('SIGTERM');
    delay(killAfterMs, undefined, { signal: closed.signal, ref: false }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal.throwIfAborted();
    return { exitCode, stdout, stderr };
  } finally {
    signal.removeEventListener('abort', stop);
    closed.abort();
  }
}
