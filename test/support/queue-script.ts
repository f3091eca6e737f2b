import type { DialogEvent } from '../../src/core/dialog.ts';
import type { EmotionReading } from '../../src/core/emotion.ts';
import { DialogScript, shippedPack, type ScriptOptions } from './dialog-script.ts';

/** Scripted calls that go through the queue for people. */

const pack = await shippedPack;
export const angry: EmotionReading = { words: { angry: 0.97, upset: 0.01, neutral: 0.01, pleased: 0.01 } };
export const minute = 60_000;

export const call = (options: ScriptOptions = {}) =>
  new DialogScript(pack, { hasPeople: true, from: '+12125550188', ...options });
/** A caller who has asked for a person and knows the place. */
export const inLine = (options: ScriptOptions = {}, position = 2, waitMs: number | null = 3 * minute) =>
  call(options)
    .hear(options.language === 'zh' ? '人工' : 'agent')
    .place(position, waitMs);
export const zh: ScriptOptions = { language: 'zh' };
export const joined = (name = 'Anna'): DialogEvent => ({ type: 'person-joined', name });
export const left = (next: 'lost' | 'queue' | 'end'): DialogEvent => ({ type: 'person-left', next });
export const refused = (
  because: 'closed' | 'full',
  instead: 'callback' | 'voicemail' | 'goodbye',
  opensAtEpochMs: number | null = null,
): DialogEvent => ({ type: 'queue-refused', because, instead, opensAtEpochMs });
