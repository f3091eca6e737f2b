import type { DeskTextKey } from './texts.ts';

/** What keys of a desk do, in the order in which the help lists them. All are pressed with Alt, which writes nothing. */
export const shortcuts = {
  answer: { code: 'KeyA', shown: 'A', about: 'answer' },
  decline: { code: 'KeyX', shown: 'X', about: 'decline' },
  mute: { code: 'KeyM', shown: 'M', about: 'mute' },
  hold: { code: 'KeyH', shown: 'H', about: 'hold' },
  keys: { code: 'KeyK', shown: 'K', about: 'keys' },
  transfer: { code: 'KeyT', shown: 'T', about: 'transfer' },
  consult: { code: 'KeyC', shown: 'C', about: 'consult' },
  finish: { code: 'KeyG', shown: 'G', about: 'finish' },
  notes: { code: 'KeyN', shown: 'N', about: 'goNotes' },
  search: { code: 'KeyS', shown: 'S', about: 'goSearch' },
  available: { code: 'KeyB', shown: 'B', about: 'toggleAvailable' },
  help: { code: 'Slash', shown: '/', about: 'showHelp' },
} as const satisfies Record<string, { code: string; shown: string; about: DeskTextKey }>;

export type Shortcut = keyof typeof shortcuts;

/** Alt alone with a key; undefined for all else. The key's place counts, since Alt writes other letters on some keyboards. */
export function shortcutOf(event: {
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly repeat: boolean;
  readonly code: string;
}): Shortcut | number | undefined {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.repeat) return undefined;
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (digit !== undefined) return Number(digit);
  const found = Object.entries(shortcuts).find(([, { code }]) => code === event.code);
  return found?.[0] as Shortcut | undefined;
}
