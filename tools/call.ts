/**
 * `npm run call -- [options] [clip.wav | --dtmf 123#]...`: a telephone for the terminal. Calls Kefu over the Twilio protocol in real
 * time, plays each clip when Kefu has finished speaking, and prints the conversation.
 * Exit codes: 0 the call ended as it should, 1 it failed, 2 wrong usage.
 */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { toolToken } from '../src/app/local-token.ts';
import { openModelStore } from '../src/app/stages.ts';
import { KefuError } from '../src/core/errors.ts';
import type { CallEvent } from '../src/core/events.ts';
import { languageSchema } from '../src/core/language.ts';
import { decodeMulaw } from '../src/media/g711.ts';
import { encodeWav } from '../src/media/wav.ts';
import { readAudioFile } from './lib/audio-file.ts';
import { createCallerVoice } from './lib/caller-voice.ts';
import { callerClip, makeSpokenCall, type CallStep, type SpokenCall } from './lib/spoken-call.ts';
import { createTranscriber, type Transcribed } from './lib/transcriber.ts';
import { runTool, UsageError } from './lib/run-tool.ts';

const usage = `Usage: npm run call -- [options] [clip.wav | clip.flac | --dtmf 123#]...

  --url URL        where Kefu listens (default ws://127.0.0.1:8080)
  --from, --to     numbers of the caller and of the hotline
  --language en|zh language the call begins in
  --dtmf KEYS      press keys at this place of the conversation: 0-9, * and #
  --demo           make the caller's clips with the built-in voice: asks for order W2378156
  --record FILE    write what both sides heard as a stereo WAV file: caller left, Kefu right
  --json           print one JSON object instead of the conversation
  --no-transcribe  do not recognise what was heard from Kefu
`;

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      tokens: true,
      options: {
        url: { type: 'string', default: 'ws://127.0.0.1:8080' },
        from: { type: 'string', default: '+12125550101' },
        to: { type: 'string', default: '+18005550100' },
        language: { type: 'string' },
        dtmf: { type: 'string', multiple: true },
        demo: { type: 'boolean', default: false },
        record: { type: 'string' },
        json: { type: 'boolean', default: false },
        transcribe: { type: 'boolean', default: true },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
type Arguments = ReturnType<typeof readArguments>;

/** Clips and keys in the order they stand in the command. Every file is read before the call, so that a bad one costs no call. */
async function stepsOf({ tokens }: Arguments): Promise<CallStep[]> {
  const steps: CallStep[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      const clip = callerClip(basename(token.value), await readAudioFile(token.value));
      steps.push({ type: 'clip', clip });
    } else if (token.kind === 'option' && token.name === 'dtmf') {
      if (!/^[0-9*#]+$/.test(token.value)) throw new UsageError(`--dtmf takes the keys 0-9, * and #.`);
      steps.push({ type: 'keys', digits: token.value });
    }
  }
  return steps;
}

async function demoSteps(): Promise<CallStep[]> {
  const voice = await createCallerVoice(openModelStore(readConfig()));
  try {
    const words = [
      'Hi, where is my order?',
      [{ type: 'value', kind: 'order_number', text: 'W2378156', value: 'W2378156' }],
      'No, thank you. Goodbye.',
    ] as const;
    return await Promise.all(
      words.map(async (said) => ({ type: 'clip' as const, clip: await voice.say(said) })),
    );
  } finally {
    await voice.close();
  }
}

const seconds = (ms: number) => (ms / 1000).toFixed(1).padStart(6);

function printEvent({ body, atEpochMs }: CallEvent, startedAtEpochMs: number): void {
  const at = seconds(atEpochMs - startedAtEpochMs);
  const print = (who: string, text: string) => process.stdout.write(`${at}  ${who.padEnd(9)}${text}\n`);
  if (body.type === 'heard' && body.text !== '')
    print('Kefu', body.complete ? body.text : `${body.text} [stopped]`);
  if (body.type === 'turn') print('Caller', body.text);
  if (body.type === 'digits') print('Caller', `[keys] ${body.digits}`);
  if (body.type === 'no-input') print('', '(silence)');
  if (body.type === 'transfer' && body.ok === null)
    print('', `(handing over to ${body.target || body.skill})`);
  if (body.type === 'error') print('', `(error ${body.code})`);
}

function printSummary(call: SpokenCall, transcript: readonly Transcribed[] | undefined): void {
  if (transcript) {
    process.stdout.write('\nAs recognised from the sound that was received:\n');
    for (const { startMs, text } of transcript) process.stdout.write(`${seconds(startMs)}  ${text}\n`);
  }
  process.stdout.write('\nResponse gap (end of speech to first audible packet):\n');
  for (const { name, gapMs } of call.turns) {
    const gap = gapMs === undefined ? 'no answer' : `${gapMs.toFixed(0)} ms`;
    process.stdout.write(`${gap.padStart(10)}  ${name}\n`);
  }
  const { detail, by, transfers } = call.end;
  if (transfers.length > 0) process.stdout.write(`\nTransferred to ${transfers.join(', then ')}.\n`);
  process.stdout.write(
    `\nThe call ${call.callId ?? ''} was ended by ${by}${detail === undefined ? '' : `: ${detail}`}.\n`,
  );
  if (call.maxLateMs > 60) {
    process.stdout.write(
      `This machine was busy: a packet of the caller left ${call.maxLateMs.toFixed(0)} ms late, so the gaps above may be too long.\n`,
    );
  }
}

async function writeRecording(path: string, call: SpokenCall): Promise<void> {
  const sides = [decodeMulaw(call.sentAudio), decodeMulaw(call.heardAudio)] as const;
  const stereo = new Int16Array(Math.max(sides[0].length, sides[1].length) * 2);
  for (const [channel, samples] of sides.entries()) {
    for (let index = 0; index < samples.length; index += 1) stereo[index * 2 + channel] = samples[index] ?? 0;
  }
  try {
    await writeFile(path, encodeWav(stereo, 8000, 2));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KefuError('internal', `The recording could not be written: ${reason}`, { cause: error });
  }
}

async function transcribe(call: SpokenCall): Promise<Transcribed[]> {
  const transcriber = await createTranscriber(openModelStore(readConfig()));
  try {
    return await transcriber.transcribe(call.heardAudio);
  } finally {
    await transcriber.close();
  }
}

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  const { values } = args;
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  loadEnvironmentFile();
  const config = readConfig();
  const { twilioAuthToken, publicUrl } = config;
  const language = languageSchema.optional().safeParse(values.language);
  if (!language.success) throw new UsageError('--language takes en or zh.');
  const steps = values.demo ? await demoSteps() : await stepsOf(args);
  if (steps.length === 0) throw new UsageError('Name at least one clip, --dtmf keys, or --demo.');
  let startedAtEpochMs: number | undefined;
  const call = await makeSpokenCall({
    url: values.url,
    from: values.from,
    to: values.to,
    language: language.data,
    authToken: twilioAuthToken,
    ...(twilioAuthToken !== undefined && { publicUrl }),
    apiToken: await toolToken(config, values.url),
    steps,
    onEvent: (event) => {
      startedAtEpochMs ??= event.atEpochMs;
      if (!values.json) printEvent(event, startedAtEpochMs);
    },
  });
  if (values.record !== undefined) await writeRecording(values.record, call);
  const transcript = values.transcribe ? await transcribe(call) : undefined;
  if (values.json) {
    const { callId, turns, events, end, maxLateMs } = call;
    process.stdout.write(
      `${JSON.stringify({ callId, turns, end, maxLateMs, transcript, events }, null, 2)}\n`,
    );
  } else {
    printSummary(call, transcript);
  }
  return call.end.by === 'failure' ? 1 : 0;
}

runTool(main, { usage });
