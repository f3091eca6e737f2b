/**
 * `npm run callers -- --scripts DIR [options]`: simulated callers who follow scripts, over the text gateway or by voice, and a score of how
 * many calls ended as they should. docs/callers.md tells how to write scripts and read the report.
 * Exit codes: 0 every call was right, 1 some were wrong or the run failed, 2 wrong usage, 130 stopped by Ctrl-C.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { toolToken } from '../src/app/local-token.ts';
import { openModelStore } from '../src/app/stages.ts';
import { KefuError } from '../src/core/errors.ts';
import { languageSchema } from '../src/core/language.ts';
import { recordDemoShop, recordRemoteShop, type RecordedShop } from './callers/recorded-shop.ts';
import { reportJson, reportTable, transcript } from './callers/report.ts';
import { runScripts, type CallResult } from './callers/run.ts';
import { readCallerScripts } from './callers/script.ts';
import { closeAll, openLine, startKefuWith, type Mode } from './callers/start.ts';
import { runTau2 } from './callers/tau2-run.ts';
import { runTool, UsageError } from './lib/run-tool.ts';

const usage = `Usage: npm run callers -- --scripts DIR | --tau2 DIR [options]

  --scripts DIR    caller scripts, one YAML file each
  --tau2 DIR       the tasks of tau2-bench's retail set, from its folder (db.json, tasks_train.json)
  --shop URL|demo  the shop they call about (default demo, a fresh one); the token of a URL is KEFU_SHOP_TOKEN
  --mode text|voice  typed, or spoken over the Twilio protocol (default text)
  --kefu URL       a Kefu that runs already, with its own shop; default: one of our own. Changes at its shop are out of sight,
                   so only the ends of calls are judged
  --parallel N     calls at a time (default 1)
  --language en|zh only scripts of this language
  --only NAMES     only these scripts or tasks, separated by commas
  --seed N         another choice of wordings and hesitations (default 1)
  --flows DIR      flows for the Kefu of our own
  --kefu-data DIR  data folder of the Kefu of our own, kept for the next run
  --limit S        seconds for a call (default 300, by voice 900)
  --out FILE       write everything as JSON
  --show           print the conversations of wrong calls
`;

function readOptions(args: readonly string[]) {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        scripts: { type: 'string' },
        tau2: { type: 'string' },
        shop: { type: 'string', default: 'demo' },
        mode: { type: 'string', default: 'text' },
        kefu: { type: 'string' },
        parallel: { type: 'string', default: '1' },
        language: { type: 'string' },
        only: { type: 'string' },
        seed: { type: 'string', default: '1' },
        flows: { type: 'string' },
        'kefu-data': { type: 'string' },
        limit: { type: 'string' },
        out: { type: 'string' },
        show: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (values.help) return 'help' as const;
  const { mode, scripts, tau2, kefu, shop } = values;
  if (mode !== 'text' && mode !== 'voice') throw new UsageError('--mode takes text or voice.');
  if ((scripts === undefined) === (tau2 === undefined)) {
    throw new UsageError('Give either --scripts DIR or --tau2 DIR.');
  }
  if (tau2 !== undefined && (kefu !== undefined || shop !== 'demo')) {
    throw new UsageError('--tau2 brings its own shop and Kefu: leave --kefu and --shop out.');
  }
  if (shop !== 'demo' && !/^https?:\/\//.test(shop))
    throw new UsageError('--shop takes demo or an http address.');
  const chosen: Mode = mode;
  const language = languageSchema.optional().safeParse(values.language);
  if (!language.success) throw new UsageError('--language takes en or zh.');
  if (values.language === 'zh' && mode === 'voice') {
    throw new UsageError('The built-in voice of callers speaks English: use --mode text for Chinese.');
  }
  return {
    ...values,
    mode: chosen,
    language: language.data,
    parallel: whole('parallel', values.parallel, 1, 64),
    seed: whole('seed', values.seed, 0, 2 ** 31),
    limitMs: whole('limit', values.limit ?? (mode === 'voice' ? '900' : '300'), 1, 7200) * 1000,
    flowsDir: values.flows === undefined ? undefined : resolve(values.flows),
    dataDir: values['kefu-data'] === undefined ? undefined : resolve(values['kefu-data']),
    names: values.only?.split(',').map((name) => name.trim()),
  };
}
export type CallersOptions = Exclude<ReturnType<typeof readOptions>, 'help'>;

function whole(name: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`--${name} takes a whole number from ${min} to ${max}.`);
}

async function runFolder(
  directory: string,
  options: CallersOptions,
  signal: AbortSignal,
  onCall: (result: CallResult) => void,
): Promise<CallResult[]> {
  const config = readConfig();
  const scripts = (await readCallerScripts(directory)).filter(({ name, script }) => {
    const wanted = options.language === undefined || script.language === options.language;
    return wanted && (options.names?.includes(name) ?? true);
  });
  if (scripts.length === 0) throw new KefuError('config_invalid', 'No script of the folder is left to run.');
  const dumb = options.mode === 'voice' ? scripts.find(({ script }) => script.language !== 'en') : undefined;
  if (dumb)
    throw new UsageError(
      `${dumb.name} is Chinese, and the voice of callers speaks English: add --language en.`,
    );
  let shop: RecordedShop | undefined;
  let line: Awaited<ReturnType<typeof openLine>> | undefined;
  let kefu: Awaited<ReturnType<typeof startKefuWith>> | undefined;
  try {
    if (options.kefu === undefined) {
      shop = await openShop(options.shop, process.env.KEFU_SHOP_TOKEN);
      kefu = await startKefuWith(shop, { ...options, signal });
    }
    line = await openLine(options.mode, () => openModelStore(config));
    return await runScripts(scripts, {
      kefuUrl: kefu?.url ?? options.kefu ?? '',
      apiToken: kefu ? undefined : await toolToken(config, options.kefu ?? ''),
      shop,
      line: line.line,
      parallel: options.parallel,
      seed: options.seed,
      limitMs: options.limitMs,
      signal,
      onCall,
    });
  } finally {
    await closeAll([line, kefu, shop]);
  }
}

function openShop(shop: string, token: string | undefined): Promise<RecordedShop> {
  if (shop === 'demo') return recordDemoShop();
  if (token === undefined) throw new UsageError('The shop needs its token: set KEFU_SHOP_TOKEN.');
  return recordRemoteShop(shop, token);
}

function progress({ name, right, cause }: CallResult): void {
  if (process.stderr.isTTY) process.stderr.write(`${right ? 'right' : 'WRONG'} ${name} ${cause}\n`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  loadEnvironmentFile();
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stopping.abort(new KefuError('aborted', 'Stopped.')));
  const ended: CallResult[] = [];
  const onCall = (result: CallResult): void => {
    ended.push(result);
    progress(result);
  };
  const { signal } = stopping;
  try {
    const results =
      options.tau2 !== undefined
        ? await runTau2(options.tau2, {
            ...options,
            store: () => openModelStore(readConfig()),
            onCall,
            signal,
          })
        : await runFolder(options.scripts ?? '', options, signal, onCall);
    await report(results, options);
    return results.every(({ right }) => right) ? 0 : 1;
  } catch (error) {
    // Calls take minutes: what was learnt before Ctrl-C is worth telling.
    if (signal.aborted && ended.length > 0) await report(ended, options);
    throw error;
  }
}

async function report(results: readonly CallResult[], options: CallersOptions): Promise<void> {
  if (options.show) {
    for (const result of results.filter(({ right }) => !right)) {
      process.stdout.write(`--- ${result.name}: ${result.cause}\n${transcript(result)}\n\n`);
    }
  }
  process.stdout.write(`${reportTable(results)}\n`);
  if (options.out !== undefined) {
    await mkdir(dirname(resolve(options.out)), { recursive: true });
    const { mode, seed } = options;
    await writeFile(options.out, reportJson(results, { mode, seed, at: new Date().toISOString() }));
  }
}

runTool(main, { usage, abortedCode: 130 });
