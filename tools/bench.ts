/**
 * `npm run bench -- COMMAND [options]`: measures Kefu from outside, as its callers meet it. docs/benchmarks.md tells how to read it.
 * Exit codes: 0 measured, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C. A target that was missed is a result, not a failure.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEnvironmentFile, projectDir, readConfig } from '../src/app/config.ts';
import { openModelStore } from '../src/app/stages.ts';
import { toKefuError } from '../src/core/errors.ts';
import { asr } from './bench/asr.ts';
import { bridge } from './bench/bridge.ts';
import { capture } from './bench/capture.ts';
import { dialog } from './bench/dialog.ts';
import { emotion } from './bench/emotion.ts';
import { fuzz } from './bench/fuzz.ts';
import { handoff } from './bench/handoff.ts';
import { latency } from './bench/latency.ts';
import {
  UsageError,
  textOption,
  type Benchmark,
  type OptionValues,
  type OptionsConfig,
} from './bench/lib/benchmark.ts';
import { describeMachine, writeResults } from './bench/lib/report.ts';
import { line } from './bench/line.ts';
import { load } from './bench/load.ts';
import { numbers } from './bench/numbers.ts';
import { sip } from './bench/sip.ts';
import { soak } from './bench/soak.ts';
import { start } from './bench/start.ts';
import { understanding } from './bench/understanding.ts';

const benchmarks: readonly Benchmark[] = [
  latency,
  load,
  asr,
  line,
  numbers,
  capture,
  dialog,
  understanding,
  emotion,
  handoff,
  bridge,
  sip,
  fuzz,
  soak,
  start,
];

const commonOptions = {
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} satisfies OptionsConfig;

function usage(benchmark?: Benchmark): string {
  if (!benchmark) {
    const list = benchmarks.map(({ name, about }) => `  ${name.padEnd(13)} ${about}`);
    return `Usage: npm run bench -- COMMAND [options]\n\n${list.join('\n')}\n\nnpm run bench -- COMMAND --help lists the options.\n`;
  }
  const lines = [
    ...benchmark.usage,
    '--out FILE          where the results go (default bench-results/NAME-DATE.json)',
  ];
  return `Usage: npm run bench -- ${benchmark.name} [options]\n\n${benchmark.about}\n\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

/** Settings of Kefu in the shell that a benchmark hands on. Tokens and addresses are not handed on, and not written down. */
function kefuEnvironment(): Readonly<Record<string, string>> {
  const names = ['KEFU_RECOGNIZER_THREADS', 'KEFU_RECORD_CALLS', 'KEFU_MODELS_DIR'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

async function run(benchmark: Benchmark, args: readonly string[], signal: AbortSignal): Promise<void> {
  let values: OptionValues;
  try {
    ({ values } = parseArgs({ args: [...args], options: { ...commonOptions, ...benchmark.options } }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (values.help === true) {
    process.stdout.write(usage(benchmark));
    return;
  }
  loadEnvironmentFile();
  const machine = await describeMachine();
  const terminal = process.stderr.isTTY;
  const results = await benchmark.run({
    values,
    store: openModelStore(readConfig()),
    signal,
    print: (line = '') => {
      if (terminal) process.stderr.write('\r\x1b[K');
      process.stdout.write(`${line}\n`);
    },
    note: (text) => {
      process.stderr.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
    },
  });
  const date = machine.startedAt.slice(0, 19).replaceAll(':', '');
  const out =
    textOption(values, 'out') ?? join(projectDir, 'bench-results', `${benchmark.name}-${date}.json`);
  await writeResults(out, { benchmark: benchmark.name, machine, environment: kefuEnvironment(), ...results });
  const load = machine.loadBefore.map((value) => value.toFixed(2)).join(' ');
  process.stdout.write(
    `\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}, load before: ${load}\nWritten to ${out}\n`,
  );
}

async function main(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  if (command === undefined || command === '--help' || command === '-h') {
    process.stdout.write(usage());
    return command === undefined ? 2 : 0;
  }
  const benchmark = benchmarks.find(({ name }) => name === command);
  if (!benchmark) {
    process.stderr.write(`There is no benchmark ${command}.\n\n${usage()}`);
    return 2;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => {
    // A second one ends this process at once, and with it the Kefu it has started.
    process.once('SIGINT', () => process.exit(130));
    stop.abort();
  });
  process.once('SIGTERM', () => stop.abort());
  try {
    await run(benchmark, args, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write('\nStopped; nothing was written.\n');
      return 130;
    }
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${usage(benchmark)}`);
      return 2;
    }
    const failure = toKefuError(error);
    process.stderr.write(`\n${failure.message}\n${failure.action}\n`);
    if (failure.code === 'internal' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    return 1;
  }
}

process.exitCode = await main();
