/**
 * `npm run trunk -- ...`: telephone lines over SIP, for whoever connects them.
 * Exit codes: 0 all is well, 1 something is wrong or it failed, 2 wrong usage.
 */
import { parseArgs } from 'node:util';
import { openTrunks } from '../src/app/trunks.ts';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { KefuError } from '../src/core/errors.ts';
import { createLogger } from '../src/observe/logger.ts';
import { trunkPresets } from '../src/telephony/sip/presets.ts';
import { checkCall } from './trunk/call-check.ts';
import { checkSignalling } from './trunk/check.ts';
import { runningKefu } from './trunk/kefu.ts';
import { ladderText } from './trunk/ladder.ts';
import { openProbe } from './trunk/probe.ts';
import { verdictText, type Verdict } from './trunk/verdict.ts';
import { runTool, UsageError } from './lib/run-tool.ts';

const usage = `Telephone lines over SIP (docs/telephony.md).

  npm run trunk -- presets                  the kinds of trunks that the file may name
  npm run trunk -- check NAME [--file FILE] [--call NUMBER]
                                            names, ways, certificates, OPTIONS, REGISTER; with a number (best an echo
                                            service) a call: codec, NAT, sound both ways, delay, loss, keys
  npm run trunk -- reload                   the running Kefu reads its trunks file again; calls go on
  npm run trunk -- ladder [CALL]            the SIP messages of a call; without one, the calls that are known
  npm run trunk -- pcap CALL|--next --to FILE [--with-keys] [--with-audio]
                                            writes a call into a file for Wireshark; ends with the call or Ctrl-C

FILE is that of KEFU_TRUNKS_FILE by default. CALL is Kefu's id of the call or a SIP Call-ID.
`;

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: { type: 'string' },
        call: { type: 'string' },
        to: { type: 'string' },
        next: { type: 'boolean', default: false },
        'with-keys': { type: 'boolean', default: false },
        'with-audio': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
type Values = ReturnType<typeof readArguments>['values'];

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Each resolves with the exit code. */
const commands: Readonly<Record<string, (name: string | undefined, values: Values) => Promise<number>>> = {
  presets() {
    for (const [name, { title, asks }] of Object.entries(trunkPresets))
      print(`${name.padEnd(20)} ${title}\n${' '.repeat(21)}${asks}`);
    return Promise.resolve(0);
  },
  async check(name, values) {
    if (name === undefined) throw new UsageError('Name the trunk that is to be checked.');
    const file = values.file ?? readConfig().trunksFile;
    if (file === undefined) throw new UsageError('Name a file with --file, or in KEFU_TRUNKS_FILE.');
    const verdicts: Verdict[] = [];
    const report = (verdict: Verdict): void => {
      verdicts.push(verdict);
      print(verdictText(verdict));
    };
    const settings = await openTrunks(file);
    const trunk = settings.trunks.find((one) => one.name === name);
    if (!trunk) {
      const names = settings.trunks.map((one) => one.name).join(', ');
      throw new KefuError('not_found', `There is no trunk ${name} in ${file}; there are ${names}.`);
    }
    report({ step: 'file', result: 'good', told: `${file} is right` });
    const log = createLogger('error');
    const probe = await openProbe(settings, trunk, log);
    try {
      const worthwhile = await checkSignalling(probe, settings, trunk, report);
      if (values.call !== undefined && worthwhile)
        await checkCall(probe, settings, trunk, values.call, log, report);
      else if (values.call !== undefined)
        report({ step: 'call', result: 'skipped', told: 'no server can be reached' });
    } finally {
      await probe.close();
    }
    return verdicts.some(({ result }) => result === 'bad') ? 1 : 0;
  },
  async reload() {
    const { trunks, added, removed, afterRestart } = await (await runningKefu(readConfig())).reload();
    print(
      `Trunks now: ${trunks.join(', ')}. New: ${added.join(', ') || 'none'}. Gone: ${removed.join(', ') || 'none'}.`,
    );
    if (afterRestart.length > 0) print(`Counts only after a restart: ${afterRestart.join(', ')}.`);
    return 0;
  },
  async ladder(call) {
    const kefu = await runningKefu(readConfig());
    if (call !== undefined) print(ladderText(await kefu.ladder(call)));
    else
      for (const { callId, beganEpochMs, messages, method } of await kefu.calls())
        print(
          `${new Date(beganEpochMs).toISOString()}  ${method.padEnd(9)} ${String(messages).padStart(3)} messages  ${callId}`,
        );
    return 0;
  },
  async pcap(name, values) {
    const call = values.next ? 'next' : name;
    if (call === undefined || values.to === undefined)
      throw new UsageError('Name a call or --next, and a file with --to.');
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    const options = { withKeys: values['with-keys'], withAudio: values['with-audio'] };
    await (await runningKefu(readConfig())).capture(call, values.to, options, stop.signal);
    print(`Written to ${values.to}.`);
    return 0;
  },
};

async function main(): Promise<number> {
  const { values, positionals } = readArguments(process.argv.slice(2));
  const [name = '', argument, ...more] = positionals;
  if (values.help || name === '') {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`There is no command "${name}".`);
  if (more.length > 0) throw new UsageError(`${name} takes one name at most.`);
  loadEnvironmentFile();
  return command(argument, values);
}

runTool(main, { usage });
