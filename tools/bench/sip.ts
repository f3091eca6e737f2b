import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KefuError } from '../../src/core/errors.ts';
import {
  numberOption,
  UsageError,
  textOption,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { atMost, formatTable, formatTargets, type Row } from './lib/report.ts';
import type { AnsweringMessage, AnsweringReport, AnsweringRequest } from './lib/sip-answering.ts';
import { runSipp, type SippFigures } from './lib/sipp-load.ts';

const latenessTargetMs = 20;
/** The first calls of a process are slower: its code is still being compiled. */
const warmUp = { callsPerSecond: 10, seconds: 5 } as const;
/** Transactions are kept for 32 s after a call (RFC 3261 timers H and J). */
const settleLimitMs = 45_000;
const answerLimitMs = 20_000;

/** What SIP signalling alone costs: sipp calls a gateway that answers every call and says nothing. */
export const sip: Benchmark = {
  name: 'sip',
  about: 'SIP signalling alone: many new calls a second from sipp, without speech.',
  usage: [
    '--rates N,N,...     new calls a second, one run each (default 50)',
    '--seconds N         how long each run lasts (default 120)',
    '--hold-ms N         how long each call lasts (default 1000)',
  ],
  options: {
    rates: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '120' },
    'hold-ms': { type: 'string', default: '1000' },
  },
  run,
};

interface MeasuredRate {
  readonly callsPerSecond: number;
  readonly callers: SippFigures;
  readonly kefu: AnsweringReport;
}

async function run({ values, signal, print, note }: BenchmarkContext): Promise<BenchmarkResults> {
  const seconds = numberOption(values, 'seconds', { min: 1, max: 3600 });
  const holdMs = numberOption(values, 'hold-ms', { min: 100, max: 60_000 });
  const rates = (textOption(values, 'rates') ?? '').split(',').map(Number);
  if (!rates.every((rate) => Number.isInteger(rate) && rate > 0 && rate <= 200))
    throw new UsageError('--rates takes whole numbers from 1 to 200, separated by commas.');
  const answering = await startAnswering();
  const measured: MeasuredRate[] = [];
  let left: AnsweringReport;
  try {
    note('Warming up ...');
    await runSipp({ target: answering.udp, ...warmUp, holdMs, signal });
    for (const callsPerSecond of rates) {
      note(`${callsPerSecond} new calls a second for ${seconds} s ...`);
      answering.ask('begin');
      const callers = await runSipp({ target: answering.udp, callsPerSecond, seconds, holdMs, signal });
      measured.push({ callsPerSecond, callers, kefu: await answering.report() });
    }
    note('Waiting until nothing is left of the calls ...');
    const untilMs = performance.now() + settleLimitMs;
    do {
      await sleep(1_000, undefined, { signal });
      left = await answering.report();
    } while (Object.values(left.inUse).some((count) => count > 0) && performance.now() < untilMs);
  } finally {
    await answering.close();
  }
  print(
    formatTable(
      ['calls/s', 'calls', 'failed', 'repeats', 'answer ms', 'late p50', 'p99', 'max ms', 'CPU %'],
      measured.map(({ callsPerSecond, callers, kefu }): Row => [
        ...[callsPerSecond, callers.created, callers.failed, callers.retransmissions, callers.answerMs],
        ...[
          kefu.latenessMs.p50,
          kefu.latenessMs.p99,
          kefu.latenessMs.max,
          (100 * kefu.cpuS) / (seconds + holdMs / 1000),
        ],
      ]),
      1,
    ),
  );
  print(
    `\nLeft of the calls: ${Object.entries(left.inUse)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')}`,
  );
  const errors = measured.flatMap(({ kefu }) => Object.entries(kefu.errors));
  for (const [message, count] of errors) print(`${count} times: ${message}`);
  const checked = measured.flatMap(({ callsPerSecond, callers, kefu }) => {
    const missing = Math.round(callsPerSecond * seconds) - callers.successful;
    return [
      atMost(`${callsPerSecond} calls/s: calls that failed`, missing, 0, 'calls'),
      atMost(`${callsPerSecond} calls/s: lateness, p99`, kefu.latenessMs.p99, latenessTargetMs, 'ms'),
    ];
  });
  print(`\n${formatTargets(checked)}`);
  return {
    settings: { rates, seconds, holdMs },
    summary: { measured, left: left.inUse, targets: checked },
    measurements: measured,
  };
}

/** The process whose gateway is called. */
interface Answering {
  readonly udp: number;
  ask(request: AnsweringRequest): void;
  report(): Promise<AnsweringReport>;
  close(): Promise<void>;
}

async function startAnswering(): Promise<Answering> {
  const child = fork(join(import.meta.dirname, 'lib/sip-answering.ts'), [], {
    execArgv: ['--import', 'tsx'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  // Whatever ends this process must not leave the other one behind.
  process.on('exit', kill);
  const exited = once(child, 'exit').then(() => process.off('exit', kill));
  const ask = (request: AnsweringRequest): void => void child.send(request);
  const listening = await messageOf(child, 'listening');
  return {
    ...{ udp: listening.udp, ask },
    report() {
      const answer = messageOf(child, 'report');
      ask('report');
      return answer;
    },
    async close() {
      if (child.exitCode === null && child.connected) {
        ask('close');
        const timer = setTimeout(kill, answerLimitMs);
        await exited;
        clearTimeout(timer);
      }
    },
  };
}

/** The next message of this type. @throws KefuError when none comes in time. */
async function messageOf<Type extends AnsweringMessage['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<AnsweringMessage, { readonly type: Type }>> {
  const limit = AbortSignal.timeout(answerLimitMs);
  try {
    for (;;) {
      const [message] = (await once(child, 'message', { signal: limit })) as [AnsweringMessage];
      if (message.type === type) return message as Extract<AnsweringMessage, { readonly type: Type }>;
    }
  } catch (error) {
    child.kill('SIGKILL');
    throw new KefuError('server_unreachable', 'The gateway that is measured does not answer.', {
      cause: error,
    });
  }
}
