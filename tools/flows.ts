import { availableParallelism, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { checkFlows, describeFinding } from '../src/app/flows/check.ts';
import { readFlowFiles } from '../src/app/flows/files.ts';
import { errorCodes, toKefuError } from '../src/core/errors.ts';
import { openFlowDesk, type FlowDesk } from './flows/desk.ts';
import { describePublished, describeVersion, diffFiles, exportFiles, filesOf } from './flows/versions.ts';

const usage = `Tools for the people who write the flows (docs/flows-tools.md).

  npm run flows -- check [DIR] [--strict] [--json]     finds what callers would run into
  npm run flows -- graph [FLOW ...] --out DIR [--dir DIR]   draws flows as SVG and Mermaid
  npm run flows -- chat [--language zh] [--debug] [--from NUMBER] [--script FILE] [--dir DIR]
                                                       talks with the flows in the terminal
  npm run flows -- explore [DIR] [--limit SECONDS] [--json]   walks every branch and tells which were not reached

  npm run flows -- publish --author NAME --note TEXT [DIR]   makes a folder the newest version
  npm run flows -- list [--json]                       published versions
  npm run flows -- diff A B                            compares two versions or folders
  npm run flows -- rollback N [--author NAME] [--note TEXT]   publishes version N again
  npm run flows -- export N DIR                        writes the files of version N into a new folder

DIR is the folder "flows" when it is left out. While Kefu runs, versions go through it; --url names one on another machine.
`;

/** More explorers than this find little more, and each needs some 500 MB. */
const mostExplorers = 4;

/** What a person at the terminal got wrong; shown with how it is used. */
class UsageError extends Error {}

type Value = ReturnType<typeof parseArgs>['values'][string];

interface Invocation {
  readonly values: Readonly<Record<string, Value>>;
  readonly names: readonly string[];
}

interface Command {
  readonly options: NonNullable<ParseArgsConfig['options']>;
  readonly names: { readonly min: number; readonly max: number };
  /** Resolves with the exit code. */
  run(invocation: Invocation): Promise<number>;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

const commands: Readonly<Record<string, Command>> = {
  check: {
    options: { json: flag, strict: flag },
    names: { min: 0, max: 1 },
    async run({ values, names }) {
      const findings = checkFlows(await readFlowFiles(folderOf(names[0])));
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      const warnings = findings.length - errors;
      if (values.json === true) print(JSON.stringify({ errors, warnings, findings }, null, 2));
      else {
        for (const finding of findings) print(describeFinding(finding));
        print(`${count(errors, 'error')}, ${count(warnings, 'warning')}.`);
      }
      return errors > 0 || (values.strict === true && warnings > 0) ? 1 : 0;
    },
  },
  graph: {
    options: { out: text, dir: text },
    names: { min: 0, max: 100 },
    async run({ values, names }) {
      if (typeof values.out !== 'string') throw new UsageError('graph needs --out DIR.');
      const { drawFlows } = await import('./flows/graph.ts');
      const drawn = await drawFlows(await readFlowFiles(folderOf(values.dir)), names, resolve(values.out));
      for (const file of drawn) print(file);
      return 0;
    },
  },
  chat: {
    options: { language: text, debug: flag, from: text, script: text, dir: text },
    names: { min: 0, max: 0 },
    async run({ values }) {
      const { chat } = await import('./flows/chat.ts');
      const { language = 'en', from, script } = values;
      if (language !== 'en' && language !== 'zh') throw new UsageError('--language takes en or zh.');
      return chat({
        config: config(),
        directory: folderOf(values.dir),
        language,
        from: typeof from === 'string' ? from : '',
        debug: values.debug === true,
        script: typeof script === 'string' ? script : undefined,
      });
    },
  },
  explore: {
    options: { limit: text, json: flag },
    names: { min: 0, max: 1 },
    async run({ values, names }) {
      const { describeExploration } = await import('./flows/explore.ts');
      const { exploreTogether } = await import('./flows/explore/together.ts');
      const { limit = '110' } = values;
      const limitMs = Number(limit) * 1000;
      if (!(limitMs > 0)) throw new UsageError('--limit takes a number of seconds.');
      const threads = Math.min(availableParallelism(), mostExplorers);
      const report = await exploreTogether(await readFlowFiles(folderOf(names[0])), { limitMs, threads });
      print(values.json === true ? JSON.stringify(report, null, 2) : describeExploration(report));
      return report.unreached.length > 0 || report.faults.length > 0 ? 1 : 0;
    },
  },
  publish: {
    options: { author: text, note: text, url: text },
    names: { min: 0, max: 1 },
    async run({ values, names }) {
      const { author, note } = values;
      if (typeof author !== 'string' || author.trim() === '')
        throw new UsageError('publish needs --author NAME.');
      if (typeof note !== 'string' || note.trim() === '')
        throw new UsageError('publish needs --note TEXT: what is new, for those who read the list.');
      const files = await readFlowFiles(folderOf(names[0]));
      return atDesk(values.url, async (desk) => {
        print(describePublished(await desk.publish({ author, note, files }), desk.place));
        return 0;
      });
    },
  },
  list: {
    options: { json: flag, url: text },
    names: { min: 0, max: 0 },
    run: ({ values }) =>
      atDesk(values.url, async (desk) => {
        const versions = await desk.versions();
        if (values.json === true) print(JSON.stringify(versions, null, 2));
        else if (versions.length === 0) print('No version was published yet: Kefu uses the folder "flows".');
        else versions.forEach((version, index) => print(describeVersion(version, index === 0)));
        return 0;
      }),
  },
  diff: {
    options: { url: text },
    names: { min: 2, max: 2 },
    async run({ values, names: [before = '', after = ''] }) {
      let desk: Promise<FlowDesk> | undefined;
      const open = () => (desk ??= openFlowDesk(config(), urlOf(values.url)));
      try {
        const difference = diffFiles(await filesOf(before, open), await filesOf(after, open));
        print(difference === '' ? 'No difference.' : difference);
        return 0;
      } finally {
        await (await desk)?.close();
      }
    },
  },
  rollback: {
    options: { author: text, note: text, url: text },
    names: { min: 1, max: 1 },
    run({ values, names }) {
      const number = numberOf(names[0]);
      const author = typeof values.author === 'string' ? values.author : userInfo().username;
      const note = typeof values.note === 'string' ? values.note : `Back to version ${String(number)}`;
      return atDesk(values.url, async (desk) => {
        print(describePublished(await desk.rollBack({ number, author, note }), desk.place));
        return 0;
      });
    },
  },
  export: {
    options: { url: text },
    names: { min: 2, max: 2 },
    run: ({ values, names: [number, directory = ''] }) =>
      atDesk(values.url, async (desk) => {
        await exportFiles(await desk.files(numberOf(number)), resolve(directory));
        print(`Version ${String(number)} is in ${resolve(directory)}.`);
        return 0;
      }),
  },
};

const config = () => readConfig();
const urlOf = (value: Value) => (typeof value === 'string' ? value : undefined);

async function atDesk(url: Value, work: (desk: FlowDesk) => Promise<number>): Promise<number> {
  const desk = await openFlowDesk(config(), urlOf(url));
  try {
    return await work(desk);
  } finally {
    await desk.close();
  }
}

function folderOf(name: Value): string {
  return typeof name === 'string' ? resolve(name) : config().flowsDir;
}

function numberOf(name: string | undefined): number {
  if (name !== undefined && /^[1-9]\d*$/.test(name)) return Number(name);
  throw new UsageError(`"${name ?? ''}" is no number of a version; "npm run flows -- list" shows them.`);
}

const count = (number: number, what: string) => `${String(number)} ${what}${number === 1 ? '' : 's'}`;

function readArguments(args: readonly string[], command: Command) {
  try {
    const options = { ...command.options, help: flag };
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(usage);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`There is no command "${name}".`);
  loadEnvironmentFile();
  const { values, positionals } = readArguments(args, command);
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const { min, max } = command.names;
  if (positionals.length < min || positionals.length > max)
    throw new UsageError(
      `${name} takes ${min === max ? String(min) : `${String(min)} to ${String(max)}`} names.`,
    );
  return command.run({ values, names: positionals });
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${usage}`);
      process.exitCode = 2;
      return;
    }
    const failure = toKefuError(error);
    process.stderr.write(`${failure.message}\n${errorCodes[failure.code].action}\n`);
    if (failure.code === 'internal' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    process.exitCode = 1;
  },
);
