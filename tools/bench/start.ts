import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  numberOption,
  textOption,
  type Benchmark,
  type BenchmarkContext,
  type BenchmarkResults,
} from './lib/benchmark.ts';
import { startKefu } from './lib/kefu-process.ts';
import { usageOf } from './lib/process-usage.ts';
import { atMost, formatTable, formatTargets } from './lib/report.ts';
import { summarize } from './lib/statistics.ts';

const targetS = 5;

/** How soon Kefu takes calls once everything has been fetched. */
export const start: Benchmark = {
  name: 'start',
  about: 'Time from `npm start` until calls are taken, with everything fetched and the prompts rendered.',
  usage: [
    '--times N           starts (default 3)',
    '--data-dir DIR      data folder, kept for the next time (default: a new one)',
  ],
  options: { times: { type: 'string', default: '3' }, 'data-dir': { type: 'string' } },
  run,
};

async function run({ values, signal, print, note }: BenchmarkContext): Promise<BenchmarkResults> {
  const times = numberOption(values, 'times', { min: 1, max: 100 });
  const given = textOption(values, 'data-dir');
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), 'kefu-bench-')));
  const starts: { readonly readyS: number; readonly complaints: readonly string[] }[] = [];
  let first: { readonly readyS: number; readonly cpuS: number };
  try {
    note('First start: rendering the prompts ...');
    const kefu = await startKefu({ dataDir, signal });
    try {
      first = { readyS: kefu.readyMs / 1000, cpuS: (await usageOf(kefu.pid)).cpuS };
      await kefu.settle(signal);
    } finally {
      await kefu.close();
    }
    for (let time = 1; time <= times; time += 1) {
      note(`Start ${time} of ${times} ...`);
      const again = await startKefu({ dataDir, by: 'npm start', signal });
      starts.push({ readyS: again.readyMs / 1000, complaints: again.complaints });
      await again.close();
    }
  } finally {
    if (given === undefined) await rm(dataDir, { recursive: true, force: true });
  }
  const summary = summarize(starts.map(({ readyS }) => readyS));
  print(`Time from \`npm start\` until calls are taken, in seconds\n`);
  print(
    formatTable(
      ['', 'seconds'],
      [
        ...starts.map(({ readyS }, index) => [`start ${index + 1}`, readyS] as const),
        ['slowest', summary.max] as const,
        ['with an empty data folder, without npm', first.readyS] as const,
        ['CPU seconds of that start', first.cpuS] as const,
      ],
      2,
    ),
  );
  const checked = [atMost('start, slowest', summary.max, targetS, 's')];
  print(`\n${formatTargets(checked)}`);
  return {
    settings: { times, dataDir: given },
    summary: { ...summary, first, targets: checked },
    measurements: starts,
  };
}
