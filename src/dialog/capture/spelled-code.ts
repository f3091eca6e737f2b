import type { RatedString, SpelledReading } from '../../core/recognition.ts';
import { bodyOf, isWhole, type CodeShape } from './code-shape.ts';

/**
 * What the spelling recogniser makes of an answer that may be a code. Its scores are natural logarithms against the likeliest
 * symbols, so limits are given per character: each is the mean over one character's frames of how much worse the string fits.
 * The limits were set on the training voices, never on clips that are measured.
 */

/** Below this a string was not said, whatever fits best: other words were. */
const worstPerCharacter = -2.5;
/** A character whose best rival is at most this much less likely may as well be the rival. */
const closeRival = 1.2;
/** Where one character alone is in doubt, and its rival is nearer than this, that place is worth a question of its own. */
const evenRival = 0.6;
/** A plausible value is believed before a better string that is at most this much likelier. */
const plausibleHandicap = 4;
/** Two plausible values this near to each other are not told apart by sound. */
const plausibleMargin = 2;

export interface SpelledCode {
  readonly body: string;
  /** No other value comes near. */
  readonly clear: boolean;
  /** What else it may be, best first. */
  readonly rivals: readonly string[];
  /** What else it may just as well be, when no more than one place is in doubt. */
  readonly even?: string | undefined;
}

/** A whole code out of what was spelled, with the beginning given in earlier turns where this is the rest of it. */
export function wholeSpelled(
  spelled: SpelledReading,
  partial: string,
  shape: CodeShape,
): SpelledCode | undefined {
  const { best, plausible } = spelled;
  const whole = best && fits(best) ? { best, body: wholeBody(best, partial, shape) } : undefined;
  const [likely, second] = plausible;
  if (
    likely &&
    likely.score >= (best?.score ?? -Infinity) - plausibleHandicap &&
    likely.score / likely.value.length >= worstPerCharacter
  ) {
    const clear = likely.score - (second?.score ?? -Infinity) >= plausibleMargin;
    const others = [...(second ? [second.value] : []), ...(whole?.body === undefined ? [] : [whole.body])];
    const even = clear ? undefined : second?.value;
    return { body: likely.value, clear, even, rivals: others.filter((other) => other !== likely.value) };
  }
  if (whole?.body === undefined) return undefined;
  const { body } = whole;
  const lead = body.length - whole.best.characters.length;
  const close = whole.best.rivals
    .flatMap((rivals, index) =>
      rivals.map(({ character, loss }) => ({ index: lead + index, character, loss })),
    )
    .filter(({ loss }) => loss <= closeRival)
    .sort((left, right) => left.loss - right.loss);
  const rivals = close.map(
    ({ index, character }) => body.slice(0, index) + character + body.slice(index + 1),
  );
  const [nearest, next] = close;
  const isOnePlace = nearest !== undefined && nearest.loss <= evenRival && next === undefined;
  const possible = rivals.filter((rival) => isWhole(rival, shape));
  return {
    body,
    clear: close.length === 0,
    even: isOnePlace ? possible[0] : undefined,
    rivals: possible,
  };
}

/** The beginning of a code out of what was spelled: what was given before, and this chunk behind it. */
export function beginningSpelled(
  spelled: SpelledReading,
  partial: string,
  shape: CodeShape,
): string | undefined {
  const { best } = spelled;
  if (!best || !fits(best)) return undefined;
  const begun = bodyOf(partial);
  if (begun !== '' && best.begin === begun.length) return begun + best.characters;
  if (best.begin === 0) return best.characters;
  return best.begin === shape.prefix.length ? shape.prefix + best.characters : undefined;
}

function wholeBody(best: RatedString, partial: string, shape: CodeShape): string | undefined {
  const { characters, begin } = best;
  const begun = bodyOf(partial);
  const body =
    begin === 0
      ? characters
      : begin === begun.length
        ? begun + characters
        : begin === shape.prefix.length
          ? shape.prefix + characters
          : '';
  return isWhole(body, shape) && body.length === shape.body.length ? body : undefined;
}

const fits = ({ characters, score }: RatedString): boolean =>
  characters !== '' && score / characters.length >= worstPerCharacter;
