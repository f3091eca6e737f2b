import { languages, type Language } from '../../core/language.ts';
import { problemStatus } from '../../commerce/problems.ts';
import type { Prompt, Wording } from '../../dialog/wording.ts';
import type { CheckPlace } from './check.ts';

/** What can be heard and kept in mind at once: words in English, characters in Chinese, which is spoken about twice as dense. */
const longest: Readonly<Record<Language, number>> = { en: 25, zh: 50 };
const units: Readonly<Record<Language, string>> = { en: 'words', zh: 'characters' };
const leastExamples = 5;

/** Wordings that are too long or in the wrong language, and sentences that are missing. */
export function checkWordings(place: CheckPlace): void {
  const { pack } = place;
  for (const [name, prompt] of pack.prompts) checkPrompt(place, 'prompts', name, prompt);
  for (const flow of pack.flows.values()) {
    for (const [name, prompt] of flow.prompts) checkPrompt(place, flow.name, name, prompt);
  }
  for (const code of Object.keys(problemStatus)) {
    if (pack.prompts.has(`problem_${code}`)) continue;
    place.report(
      'warning',
      'missing-problem',
      { file: 'prompts', path: ['prompts'], atKey: true },
      `the prompt "problem_${code}" is missing: the shop's problem "${code}" is told as "something went wrong".`,
    );
  }
  for (const { intent, examples } of pack.intents) {
    for (const language of languages) {
      if (examples[language].length >= leastExamples) continue;
      place.report(
        'warning',
        'few-examples',
        { file: 'intents', path: [intent, language] },
        `intent "${intent}": has ${String(examples[language].length)} examples in ${language}; at least ${String(leastExamples)} are needed to know it, 30 are good.`,
      );
    }
  }
}

function checkPrompt(place: CheckPlace, file: string, name: string, prompt: Prompt): void {
  const channels = [
    { path: ['prompts', name], wordings: prompt.voice },
    ...(prompt.text === prompt.voice ? [] : [{ path: ['prompts', name, 'text'], wordings: prompt.text }]),
  ];
  for (const { path, wordings } of channels) {
    for (const language of languages) {
      wordings[language].forEach((wording, index) => {
        // A single wording stands at the language itself, several in a list below it.
        const at = { file, path: [...path, language, ...(wordings[language].length > 1 ? [index] : [])] };
        const length = lengthOf(wording, language);
        if (length > longest[language]) {
          place.report(
            'warning',
            'long-prompt',
            at,
            `prompt "${name}": ${String(length)} ${units[language]} are too many to keep in mind (at most ${String(longest[language])}).`,
          );
        }
        if (isOtherLanguage(wording, language)) {
          place.report(
            'warning',
            'wrong-language',
            at,
            `prompt "${name}": "${wording.source}" stands under ${language} but is not in that language.`,
          );
        }
      });
    }
  }
}

/** Words or characters of a wording; a value counts as one. */
function lengthOf(wording: Wording, language: Language): number {
  const text = wording.pieces.map((piece) => (piece.type === 'text' ? piece.text : ' X ')).join('');
  if (language === 'en') return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  return text.replace(/[\s\p{P}]/gu, '').length;
}

function isOtherLanguage(wording: Wording, language: Language): boolean {
  const text = wording.pieces.map((piece) => (piece.type === 'text' ? piece.text : '')).join('');
  const isChinese = /\p{Script=Han}/u.test(text);
  if (language === 'en') return isChinese;
  return !isChinese && /\p{L}{3,}/u.test(text);
}
