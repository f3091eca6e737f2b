import type { Clock } from '../core/clock.ts';
import { AsyncQueue } from '../core/queue.ts';
import { writtenText } from '../core/speech.ts';
import type { TextMedia } from '../core/telephony.ts';
import type { Line, LineEvent } from './line.ts';
import type { CallRecorder } from './recorder.ts';

/** A typed conversation as a line. What is said counts as heard at once: a text cannot be interrupted. */
export function createTextLine(media: TextMedia, recorder: CallRecorder, clock: Clock): Line {
  const events = new AsyncQueue<LineEvent>();
  const startedMs = clock.nowMs();
  let turns = 0;
  let utterances = 0;

  async function read(): Promise<void> {
    for await (const event of media.events) {
      switch (event.type) {
        case 'text': {
          turns += 1;
          const atMs = clock.nowMs() - startedMs;
          const turn = {
            turn: turns,
            text: event.text,
            confidence: undefined,
            alternatives: [],
            spelled: undefined,
            startMs: atMs,
            endMs: atMs,
            endpointingMs: 0,
            recognitionMs: 0,
          };
          events.push({ type: 'turn', turn, interrupted: false });
          break;
        }
        case 'digits':
          events.push({ type: 'digits', digits: event.digits.replace(/#$/, '') });
          break;
        case 'ended':
          events.push({ type: 'ended', reason: event.reason, detail: event.detail });
          events.close();
          break;
      }
    }
  }
  const reading = read().catch((error: unknown) => {
    events.push({ type: 'ended', reason: 'gateway-lost', detail: String(error) });
    events.close();
  });

  return {
    channel: 'text',
    events,
    sound: undefined,
    say(utterance) {
      utterances += 1;
      const text = writtenText(utterance);
      const { promptId, language } = utterance;
      recorder.record({ type: 'say', utterance: utterances, promptId, text, language });
      media.say(text, language);
      const atMs = clock.nowMs() - startedMs;
      recorder.record({
        type: 'heard',
        utterance: utterances,
        text,
        complete: true,
        startMs: atMs,
        endMs: atMs,
      });
    },
    listen(expecting) {
      media.listening(expecting);
    },
    stop: () => undefined,
    release: () => undefined,
    setLanguage: () => undefined,
    write(name, text, language) {
      media.say(name === '' ? text : `${name}: ${text}`, language);
    },
    transfer(skill, _target, briefing) {
      media.transfer(skill, briefing);
      return Promise.resolve();
    },
    async hangup(outcome) {
      await media.end(outcome);
    },
    close() {
      events.close();
      void reading;
    },
  };
}
