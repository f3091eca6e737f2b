import type { Language } from '../../core/language.ts';
import { shortAnswerIntent } from '../lexicon.ts';
import { normalForm } from '../normalize/normal-form.ts';

/** Where a new wish may begin: after the end of a sentence, or at words that join wishes. */
const boundaries: Readonly<Record<Language, RegExp>> = {
  en: /[.?!;]+\s+|,?\s+(?=(?:and|but|or|then|also|plus|oh|secondly|by the way|while you(?:'re| are)|if (?:not|it|you|that)|otherwise|another thing|one more thing|on top of that|as well as)\b)|,\s+/giu,
  zh: /[。？！；?!;]+|[，,、\s]+|(?<=.{3,})(?=还有|另外|顺便|对了|然后|再帮|再给|要是|如果|不然|要不|或者|同时|以及|第二|二来|完了)/gu,
};
/** Joining words at the beginning of a piece, which say nothing of its wish. */
const joints: Readonly<Record<Language, RegExp>> = {
  en: /^(?:(?:and|but|or|then|also|plus|oh|so|well|by the way|secondly|another thing|one more thing)[\s,]+)+/iu,
  zh: /^(?:还有|另外|顺便|对了|然后|再|并且|而且|同时|以及|那|就)+(?=.{2,})/u,
};
/** Words after which a second wish is likely. */
const joiners: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:also|plus|another thing|one more thing|second(?:ly)?|while (?:i|you)|by the way|as well|otherwise|or else|or (?:if|can|could|should|send|just)|if (?:not|it|you|that)|and (?:can|could|i|if|please|then|while|cancel|send|where|when|what|how|do|is|are|my|the|tell|give|change|put|add))\b/iu,
  zh: /还有|另外|顺便|对了|再帮|再给|再问|要是|如果|不然|要不|或者|同时|第二|二来|也[想要给帮]|一起/u,
};

/** Whether words join several wishes. */
export function joinsWishes(text: string, language: Language): boolean {
  return joiners[language].test(text);
}

/** A piece with fewer words (characters) is no wish of its own, unless it is a short answer. */
const smallest: Readonly<Record<Language, number>> = { en: 2, zh: 2 };
/** More pieces than anybody has wishes: the sentences of a story. */
const mostPieces = 6;

/** A part of a sentence that may hold a wish of its own, in normal form. */
export interface SentencePiece {
  readonly normal: string;
  /** The intent of a piece that is a short answer ("hello", "yes"): no vector is needed for it. */
  readonly short: string | undefined;
}

/**
 * Cuts a sentence where a new wish may begin. Pieces too small to hold one go with the piece after them, or before them at the end.
 *
 * @returns nothing when there is only one piece.
 */
export function sentencePieces(text: string, language: Language): SentencePiece[] {
  const cut = text
    .split(boundaries[language])
    .map((part) => part.trim())
    // Two joining words in a row ("or if") leave the first one alone.
    .filter((part) => part !== '' && !/^(?:and|but|or|then|also|plus|oh|so|well)$/i.test(part));
  const pieces: SentencePiece[] = [];
  let carried = '';
  for (const part of cut) {
    const joined = carried === '' ? part : `${carried}, ${part}`;
    const normal = normalForm(joined.replace(joints[language], ''), language);
    const short = shortAnswerIntent(normalForm(part, language), language);
    if (short !== undefined && carried === '') pieces.push({ normal, short });
    else if (sizeOf(normal, language) >= smallest[language]) {
      pieces.push({ normal, short: undefined });
      carried = '';
    } else carried = joined;
  }
  const last = pieces.at(-1);
  if (carried !== '' && last?.short === undefined && last !== undefined) {
    const normal = `${last.normal}${language === 'en' ? ' ' : ''}${normalForm(carried, language)}`;
    pieces[pieces.length - 1] = { normal, short: undefined };
  }
  return pieces.length > 1 ? pieces.slice(0, mostPieces) : [];
}

function sizeOf(normal: string, language: Language): number {
  return language === 'en' ? normal.split(' ').length : Array.from(normal).length;
}
