import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { spawnMortal } from '../mortal-process.ts';
import { eventually, freePort } from '../running-kefu.ts';
import { baresipRates, baresipSettings, recordings, wavFile } from './baresip.ts';

/** A real baresip that is called, or calls: it plays a tone of 440 Hz, or what it is told to, and records what it hears. */
export interface BaresipPhone {
  /** Its SIP port on this machine. */
  readonly port: number;
  /** Waits for something that happened to a call after what was waited for before. */
  until(happening: 'CALL_INCOMING' | 'CALL_ESTABLISHED' | 'CALL_DTMF_START' | 'CALL_CLOSED'): Promise<void>;
  /** Presses a key in a call, as RFC 4733 has it. */
  press(key: string): void;
  /** Takes the call that rings. */
  answer(): void;
  /** Calls an address. */
  dial(target: string): void;
  /** Has the other side call somebody else instead, as the transfer key of a telephone does. */
  transfer(target: string): void;
  /** Says samples at 8 kHz instead of what it said before, then nothing; not with G.722. */
  say(samples: Int16Array): void;
  /** Puts the call on hold, or takes it back. */
  hold(held: boolean): void;
  /** Ends the call, or refuses it as busy while it rings. */
  hangUp(): void;
  /** What was heard in a call that has ended, by default the last one, as samples at the rate of its codec. @param index - as of `Array.at`. */
  heard(index?: number): Int16Array;
  /** Ends the program. Idempotent. */
  close(): Promise<void>;
}

export interface BaresipPhoneOptions {
  /** Further parameters of its account, each with its semicolon. */
  readonly account?: string;
  /** Further lines of its settings. */
  readonly settings?: readonly string[];
  /** PCMU by default. */
  readonly codec?: 'PCMU' | 'PCMA' | 'G722';
  /** Says nothing until it is told to, instead of playing a tone. */
  readonly quiet?: boolean;
}

/** What does not happen within this time never does. */
const patienceMs = 30_000;
/** A file that ends would end the call: two minutes of silence follow what is said. */
const quietSamples = 120 * 8000;

/** Starts a baresip that has a number, and answers at once or rings only. */
export async function baresipPhone(
  number: string,
  answers: 'auto' | 'manual' = 'auto',
  more: BaresipPhoneOptions = {},
): Promise<BaresipPhone> {
  const control = await freePort();
  const codec = more.codec ?? 'PCMU';
  const rateHz = baresipRates[codec];
  const account = `audio_codecs=${codec}/${rateHz};answermode=${answers}${more.account ?? ''}`;
  const settings = ['module_app ctrl_tcp.so', `ctrl_tcp_listen 127.0.0.1:${control}`];
  const allSettings = [...settings, ...(more.settings ?? [])];
  const { directory, port } = await baresipSettings(number, account, 60, allSettings, rateHz);
  if (more.quiet) writeFileSync(join(directory, 'tone.wav'), wavFile(new Int16Array(quietSamples)));
  const child = spawnMortal('baresip', ['-f', directory]);
  const exited = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const socket = await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`baresip has ended:\n${output}`);
    const trying = connect(control, '127.0.0.1');
    return once(trying, 'connect').then(
      () => trying,
      () => undefined,
    );
  }, 'baresip');
  let unread = Buffer.alloc(0);
  let happened: string[] = [];
  // Answers and events come as netstrings: `12:{"a":"json"},`.
  socket.on('data', (chunk) => {
    unread = Buffer.concat([unread, chunk]);
    for (;;) {
      const colon = unread.indexOf(':');
      const length = Number(unread.subarray(0, Math.max(0, colon)).toString());
      if (colon < 0 || unread.length < colon + length + 2) return;
      const json = unread.subarray(colon + 1, colon + 1 + length).toString();
      unread = unread.subarray(colon + length + 2);
      const { type } = JSON.parse(json) as { readonly type?: string };
      if (type !== undefined) happened.push(type);
    }
  });
  const order = (command: string, params = '') => {
    const json = JSON.stringify({ command, params });
    socket.write(`${String(json.length)}:${json},`);
  };
  let clips = 0;
  let closing: Promise<void> | undefined;
  return {
    port,
    async until(happening) {
      const at = await eventually(
        () => (happened.includes(happening) ? happened.indexOf(happening) : undefined),
        `${happening} of baresip`,
        patienceMs,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)} There was: ${happened.join(', ')}\n${output}`);
      });
      happened = happened.slice(at + 1);
    },
    press: (key) => {
      order('sndcode', key);
    },
    answer: () => {
      order('accept');
    },
    dial: (target) => {
      order('dial', target);
    },
    transfer: (target) => {
      order('transfer', target);
    },
    say: (samples) => {
      clips += 1;
      const file = join(directory, `said-${clips}.wav`);
      const whole = new Int16Array(samples.length + quietSamples);
      whole.set(samples);
      writeFileSync(file, wavFile(whole));
      order('ausrc', `aufile,${file}`);
    },
    hold: (held) => {
      order(held ? 'hold' : 'resume');
    },
    hangUp: () => {
      order('hangup');
    },
    heard: (index = -1) => recordings(directory).at(index) ?? new Int16Array(0),
    close: () =>
      (closing ??= (async () => {
        order('quit');
        const kill = setTimeout(() => child.kill('SIGKILL'), 5_000);
        await exited;
        clearTimeout(kill);
        socket.destroy();
        rmSync(directory, { recursive: true, force: true });
      })()),
  };
}
