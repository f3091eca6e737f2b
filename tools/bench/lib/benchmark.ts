import type { ParseArgsConfig } from 'node:util';
import { readConfig } from '../../../src/app/config.ts';
import { toolToken } from '../../../src/app/local-token.ts';
import { KefuError } from '../../../src/core/errors.ts';
import type { ModelStore } from '../../../src/models/store.ts';
import { startKefu, type KefuProcess, type KefuProcessOptions } from './kefu-process.ts';

/** Options as `parseArgs` takes them. */
export type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** Wrong use of a command; the message says what is wrong. */
export class UsageError extends Error {}

/** One benchmark as the command line knows it. */
export interface Benchmark {
  readonly name: string;
  /** One line for the list of commands. */
  readonly about: string;
  /** Its own options, one line each. */
  readonly usage: readonly string[];
  readonly options: OptionsConfig;
  /** Measures and prints. What it returns goes into the JSON file. */
  run(context: BenchmarkContext): Promise<BenchmarkResults>;
}

export interface BenchmarkResults {
  /** Everything that influenced the figures. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
  /** Every single measurement. */
  readonly measurements: unknown;
}

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface BenchmarkContext {
  readonly values: OptionValues;
  readonly store: ModelStore;
  /** Aborts when the user stops the benchmark. */
  readonly signal: AbortSignal;
  /** Prints a line. */
  readonly print: (line?: string) => void;
  /** Shows how far it is; a newer note replaces it. */
  readonly note: (text: string) => void;
}

/** The Kefu that is measured: our own, or one that runs already. */
export interface MeasuredKefu {
  readonly url: string;
  /** Undefined when its process cannot be looked at. */
  readonly pid: number | undefined;
  readonly own: KefuProcess | undefined;
  readonly apiToken: string | undefined;
  close(): Promise<void>;
}

/** Options of every benchmark that calls Kefu. */
export const kefuOptions = {
  url: { type: 'string' },
  pid: { type: 'string' },
  'api-token': { type: 'string' },
  'data-dir': { type: 'string' },
} satisfies OptionsConfig;

export const kefuUsage = [
  '--url URL           measure a Kefu that runs already (with --pid its CPU and memory, with --api-token from elsewhere)',
  '--data-dir DIR      data folder of the Kefu that is started, kept for the next time (default: a new one)',
];

/**
 * The Kefu to measure, found before anything else is done: the address that `--url` names, or undefined when one is to be started.
 * @throws KefuError `server_unreachable` when nobody takes calls there.
 */
export async function findKefu({ values, signal }: BenchmarkContext): Promise<string | undefined> {
  const url = textOption(values, 'url');
  if (url === undefined) return undefined;
  const http = url.replace(/^ws/, 'http').replace(/\/+$/, '');
  const answer = await fetch(`${http}/readyz`, { signal }).catch((error: unknown) => {
    throw new KefuError('server_unreachable', `Nobody answers at ${url}.`, { cause: error });
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new KefuError('server_unreachable', `The Kefu at ${url} takes no calls.`);
  return http;
}

/**
 * Starts a Kefu and waits until it has come to rest, or takes the one that runs at `url`.
 * @param url - what `findKefu` has found.
 */
export async function openKefu(
  context: BenchmarkContext,
  url: string | undefined,
  options: Pick<KefuProcessOptions, 'probe' | 'settings'> = {},
): Promise<MeasuredKefu> {
  const { values, signal, note } = context;
  if (url !== undefined) {
    const pid = values.pid === undefined ? undefined : numberOption(values, 'pid', { min: 1, max: 2 ** 22 });
    const apiToken = textOption(values, 'api-token') ?? (await toolToken(readConfig(), url));
    return { url, pid, own: undefined, apiToken, close: () => Promise.resolve() };
  }
  note('Starting Kefu ...');
  const own = await startKefu({ dataDir: textOption(values, 'data-dir'), signal, ...options });
  try {
    note('Waiting until Kefu has rendered its prompts ...');
    await own.settle(signal);
  } catch (error) {
    await own.close();
    throw error;
  }
  return { url: own.url, pid: own.pid, own, apiToken: undefined, close: () => own.close() };
}

export function textOption(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number from the command line. @throws UsageError naming the option. */
export function numberOption(
  values: OptionValues,
  name: string,
  limits: { readonly min: number; readonly max: number; readonly whole?: boolean },
): number {
  const { min, max, whole = true } = limits;
  const text = textOption(values, name)?.trim() ?? '';
  const value = text === '' ? Number.NaN : Number(text);
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    throw new UsageError(`--${name} takes a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`);
  }
  return value;
}
