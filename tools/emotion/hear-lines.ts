import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moods } from '../../src/core/emotion.ts';
import type { ModelStore } from '../../src/models/store.ts';
import { createCallerVoice } from '../lib/caller-voice.ts';
import { createTranscriber } from '../lib/transcriber.ts';

/** Callers speak at different speeds; the line's number decides, so that a run can be repeated. */
const speeds = [0.95, 1.15];
/** Every so many lines of a mood are spoken. */
const every = 2;

/** What became of the training lines on the telephone, beside these: `{ text, said, emotion }` a line. */
export const heardName = 'heard.en.jsonl';

/**
 * Speaks the English training lines with the built-in voice, sends them through 8 kHz mu-law, recognises them again, and writes what was
 * heard. It goes on where it was stopped.
 */
export async function hearLines(
  folder: string,
  store: ModelStore,
  print: (line: string) => void,
): Promise<void> {
  const lines: { readonly said: string; readonly emotion: string }[] = [];
  for (const emotion of moods) {
    const own = (await readFile(join(folder, `${emotion}.en.txt`), 'utf8')).split('\n');
    const said = own.map((line) => line.trim()).filter((line, index) => line !== '' && index % every === 0);
    lines.push(...said.map((line) => ({ said: line, emotion })));
  }
  const out = join(folder, heardName);
  const before = await readFile(out, 'utf8').catch(() => '');
  const done = new Set(
    before
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { said: string }).said),
  );
  const voices = await Promise.all(speeds.map((speed) => createCallerVoice(store, speed)));
  const transcriber = await createTranscriber(store);
  try {
    for (const [index, line] of lines.entries()) {
      const voice = voices[index % voices.length];
      if (!voice || done.has(line.said)) continue;
      if (index % 50 === 0) print(`${index} of ${lines.length} lines heard`);
      const { mulaw } = await voice.say(line.said);
      const text = (await transcriber.transcribe(mulaw)).map((part) => part.text).join(' ');
      if (text !== '') await appendFile(out, `${JSON.stringify({ text, ...line })}\n`);
    }
  } finally {
    await transcriber.close();
    await Promise.all(voices.map((voice) => voice.close()));
  }
}
