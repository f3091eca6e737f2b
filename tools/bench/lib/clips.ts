import type { ModelStore } from '../../../src/models/store.ts';
import { createCallerVoice } from '../../lib/caller-voice.ts';
import type { CallerClip } from '../../lib/caller.ts';

/** Something to say: words and pauses, at a speed of the built-in voice (1 is its own pace). */
export interface Saying {
  readonly pieces: readonly (string | { readonly pauseMs: number })[];
  readonly speed: number;
}

/** Words said without a pause of ours. */
export function saying(words: string, speed = 1): Saying {
  return { pieces: [words], speed };
}

/** What a saying is called in results: the same for equal sayings. */
export function nameOf({ pieces, speed }: Saying): string {
  const words = pieces
    .map((piece) => (typeof piece === 'string' ? piece : `[${piece.pauseMs} ms]`))
    .join(' ');
  return speed === 1 ? words : `${words} (speed ${speed})`;
}

const mulawSilence = 0xff;
const samplesPerMs = 8;

/**
 * Makes clips of sayings with the built-in voice before anything is measured: one engine for each speed, one after the other, and
 * none left when the calls begin.
 */
export async function makeClips(
  store: ModelStore,
  sayings: readonly Saying[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, CallerClip>> {
  const clips = new Map<string, CallerClip>();
  for (const speed of new Set(sayings.map((one) => one.speed))) {
    const voice = await createCallerVoice(store, speed);
    const words = new Map<string, Uint8Array>();
    try {
      for (const one of sayings.filter((other) => other.speed === speed)) {
        const parts: Uint8Array[] = [];
        for (const piece of one.pieces) {
          signal.throwIfAborted();
          if (typeof piece !== 'string') {
            parts.push(new Uint8Array(piece.pauseMs * samplesPerMs).fill(mulawSilence));
            continue;
          }
          const sound = words.get(piece) ?? (await voice.say(piece)).mulaw;
          words.set(piece, sound);
          parts.push(sound);
        }
        const name = nameOf(one);
        clips.set(name, { name, mulaw: Uint8Array.from(Buffer.concat(parts)) });
      }
    } finally {
      await voice.close();
    }
  }
  return clips;
}
