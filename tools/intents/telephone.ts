/**
 * `npm run train:telephone [-- --in DIR --out FILE --each N]`: speaks English sentences with the built-in voice, sends them through an
 * 8 kHz mu-law line, recognises them again with Kefu's recogniser, and writes what was heard: of each intent all, or N sentences that
 * are spread evenly. It goes on where it was stopped: what stands in the output already is not spoken again. Chinese sentences:
 * models/training/line/.
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEnvironmentFile, readConfig } from '../../src/app/config.ts';
import { openModelStore } from '../../src/app/stages.ts';
import { heldOutLines, telephoneLines } from '../../src/app/teaching/files.ts';
import { readLabelledLines, type LabelledLine } from '../../src/understand/intents/lines.ts';
import { openSilero, speechSegments } from '../bench/lib/speech-segments.ts';
import { createCallerVoice } from '../lib/caller-voice.ts';
import { createTranscriber } from '../lib/transcriber.ts';

const { values } = parseArgs({
  options: {
    in: { type: 'string', default: heldOutLines },
    out: { type: 'string', default: join(telephoneLines, 'intents.en.jsonl') },
    each: { type: 'string', default: '100000' },
  },
});

loadEnvironmentFile();
const store = openModelStore(readConfig());
/** Callers speak at different speeds; the line a sentence stands on decides, so that a run can be repeated. */
const speeds = [0.9, 1, 1.1, 1.25];
const voices = await Promise.all(speeds.map((speed) => createCallerVoice(store, speed)));
const transcriber = await createTranscriber(store);
const silero = openSilero(store);
try {
  const { out } = values;
  await mkdir(dirname(out), { recursive: true });
  const before = await readFile(out, 'utf8').catch(() => '');
  const done = before.split('\n').filter((line) => line !== '').length;
  const all = (await readLabelledLines(values.in)).filter(
    ({ language, said }) => language === 'en' && said === undefined,
  );
  const byIntent = new Map<string, LabelledLine[]>();
  for (const line of all) {
    const name = line.intents.join(' ');
    byIntent.set(name, [...(byIntent.get(name) ?? []), line]);
  }
  const lines = [...byIntent.values()].flatMap((own) => {
    const step = Math.max(1, own.length / Number(values.each));
    return own.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  });
  for (const [index, { text, intents }] of lines.entries()) {
    if (index < done) continue;
    const voice = voices[index % voices.length];
    if (!voice) break;
    const { mulaw } = await voice.say(text);
    const heard: string[] = [];
    for (const { startMs, endMs } of speechSegments(mulaw, silero)) {
      heard.push(await transcriber.read(mulaw.subarray(Math.round(startMs * 8), Math.round(endMs * 8))));
    }
    // A sentence of which nothing was heard stays in the count, as a mistake.
    const line = { text: heard.join(' ').trim() || '...', said: text, intents };
    await appendFile(out, `${JSON.stringify(line)}\n`);
    if (index % 25 === 0) process.stderr.write(`\r${index} of ${lines.length} `);
  }
} finally {
  silero.close();
  await transcriber.close();
  await Promise.all(voices.map((voice) => voice.close()));
}
