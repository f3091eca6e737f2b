import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KefuError } from '../../../src/core/errors.ts';

/** Calls that sipp is to make. */
export interface SippLoad {
  /** UDP port on this machine. */
  readonly target: number;
  readonly callsPerSecond: number;
  readonly seconds: number;
  /** How long each call lasts. */
  readonly holdMs: number;
  readonly signal: AbortSignal;
}

/** What sipp itself counted. */
export interface SippFigures {
  readonly created: number;
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** INVITE to 200, mean in milliseconds. */
  readonly answerMs: number | undefined;
}

/** How long calls that still go on may take after the last was begun. */
const patienceS = 60;
const scenario = join(import.meta.dirname, 'sip-call.xml');

/**
 * Runs sipp (Debian's package sip-tester) as many callers.
 * @throws KefuError `server_unreachable` when sipp is not installed or could not be run; whatever aborts the signal.
 */
export async function runSipp(load: SippLoad): Promise<SippFigures> {
  const { target, callsPerSecond, seconds, holdMs, signal } = load;
  signal.throwIfAborted();
  const calls = Math.round(callsPerSecond * seconds);
  const directory = await mkdtemp(join(tmpdir(), 'kefu-sipp-'));
  const statistics = join(directory, 'statistics.csv');
  const args = [
    ...[`127.0.0.1:${target}`, '-sf', scenario, '-i', '127.0.0.1', '-d', String(holdMs)],
    ...['-m', String(calls), '-r', String(callsPerSecond), '-l', String(calls), '-nostdin'],
    ...['-timeout', `${Math.ceil(seconds + holdMs / 1000 + patienceS)}s`],
    ...['-trace_stat', '-stf', statistics, '-fd', '1'],
  ];
  try {
    const child = spawn('sipp', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4000)));
    }
    const stop = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', stop);
    try {
      await once(child, 'close');
    } catch (error) {
      throw new KefuError('server_unreachable', 'sipp cannot be run: install the package sip-tester.', {
        cause: error,
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
    signal.throwIfAborted();
    const text = await readFile(statistics, 'utf8').catch((error: unknown) => {
      throw new KefuError('server_unreachable', `sipp has counted nothing:\n${output}`, { cause: error });
    });
    return sippFigures(text);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Reads the last line of sipp's statistics: columns by name, separated by semicolons; `(C)` counts from the beginning. */
export function sippFigures(statistics: string): SippFigures {
  const lines = statistics.split('\n').filter((line) => line.includes(';'));
  const names = lines[0]?.split(';') ?? [];
  const values = lines.at(-1)?.split(';') ?? [];
  const text = (name: string): string => {
    const value = values[names.indexOf(name)];
    if (value === undefined || lines.length < 2) {
      throw new KefuError('protocol_violation', `The statistics of sipp have no ${name}.`);
    }
    return value;
  };
  return {
    created: Number(text('TotalCallCreated')),
    successful: Number(text('SuccessfulCall(C)')),
    failed: Number(text('FailedCall(C)')),
    retransmissions: Number(text('Retransmissions(C)')),
    answerMs: millisecondsOf(text('ResponseTime1(C)')),
  };
}

/** `00:00:00:003000` is 3 ms: hours, minutes, seconds, microseconds. Newer versions write a point before the microseconds. */
function millisecondsOf(text: string): number | undefined {
  const match = /^(\d+):(\d+):(\d+)[:.](\d{6})$/.exec(text.trim());
  if (!match) return undefined;
  const [hours, minutes, seconds, microseconds] = match.slice(1).map(Number);
  return ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000 + (microseconds ?? 0) / 1000;
}
