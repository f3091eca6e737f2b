import type { Language } from '../../core/language.ts';
import { normalizeEnglish } from './en.ts';
import { normalizeMandarin } from './zh.ts';

/** A sentence in the form in which sentences are compared, whoever wrote it down: see the languages' own files. */
export function normalForm(text: string, language: Language): string {
  return language === 'zh' ? normalizeMandarin(text) : normalizeEnglish(text);
}
