/** Moonshine's known failures, seen in its text alone. It was trained on subtitles, and it can get stuck in a loop. */

/** What it writes for breath, clicks and hiss. */
const fillerOfSilence =
  /^(?:you|thank you|thanks for watching|thank you for watching|bye|bye bye|so|the|i'm sorry|oh)$/;

interface Word {
  readonly word: string;
  /** Where the word ends in the text. */
  readonly end: number;
}

function wordsOf(text: string): Word[] {
  return [...text.toLowerCase().matchAll(/[\p{L}\p{N}']+/gu)].map((match) => ({
    word: match[0],
    end: match.index + match[0].length,
  }));
}

const spoken = 'zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|hundred';
const spelled = new RegExp(`^(?:\\d+|[a-z]|${spoken})$`);

/**
 * Where a loop at the end of a text has gone round once: the text up to there is what may have been said. Undefined when there is
 * no loop. Numbers repeat by nature ("5 5 5 5"), so that only long rounds count there.
 */
export function loopEnd(text: string): number | undefined {
  const words = wordsOf(text);
  for (let round = 1; round <= 12; round += 1) {
    let repeated = 0;
    while (
      repeated + round < words.length &&
      words[words.length - 1 - repeated]?.word === words[words.length - 1 - repeated - round]?.word
    ) {
      repeated += 1;
    }
    const numbers = words.slice(-round).every(({ word }) => spelled.test(word));
    const rounds = (repeated + round) / round;
    if (numbers ? round < 4 || rounds < 2.5 : rounds < (round === 1 ? 4 : 3)) continue;
    return words[words.length - repeated - 1]?.end;
  }
  return undefined;
}

/** Faster than anybody speaks. */
const maxCharactersPerSecond = 28;

/** True for a text that the model did not hear: a loop, or more words than fit into the time. */
export function isImplausible(text: string, speechMs: number): boolean {
  return loopEnd(text) !== undefined || text.length > 12 + (speechMs / 1000) * maxCharactersPerSecond;
}

/** Signs that no English caller says: music, and scripts of other languages. */
const notEnglish = /[♪♫]|(?!\p{Script=Latin})\p{L}/u;

/** The text without what was not said. `soundMs` is how long anything at all could be heard. */
export function cleanText(text: string, soundMs: number): string {
  const trimmed = text.trim();
  const plain = wordsOf(trimmed)
    .map(({ word }) => word)
    .join(' ');
  if (plain === '' || plain === 'you' || notEnglish.test(trimmed)) return '';
  if (soundMs < 240 && fillerOfSilence.test(plain)) return '';
  const end = loopEnd(trimmed);
  return end === undefined ? trimmed : trimmed.slice(0, end);
}
