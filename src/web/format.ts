import type { Language } from '../core/language.ts';

const locales: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

/** Date and time of day in the browser's zone. */
export function formatTime(epochMs: number, language: Language): string {
  return new Date(epochMs).toLocaleString(locales[language], { dateStyle: 'medium', timeStyle: 'medium' });
}

/** Minutes, seconds and tenths: `1:05.3`. What happened before the first packet of the caller, at most a moment, counts as 0. */
export function formatOffset(ms: number): string {
  const tenths = Math.max(0, Math.round(ms / 100));
  const minutes = Math.floor(tenths / 600);
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, '0');
  return `${String(minutes)}:${seconds}`;
}

/** Whole minutes and seconds: `1:05`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;
}

export function outcomeColour(outcome: string | null): string {
  switch (outcome) {
    case null:
      return 'processing';
    case 'resolved':
      return 'green';
    case 'transferred':
    case 'callback':
      return 'gold';
    case 'failed':
      return 'red';
    default:
      return 'default';
  }
}
