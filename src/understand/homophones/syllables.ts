/*
 * How alike two Mandarin syllables (pinyin without tones) sound by telephone. A line that ends at 3,400 Hz blurs what tells zh from z,
 * n from l and ng from n; speakers of many regions do not keep them apart either.
 */

const syllable = /^(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(.*)$/;

/** Initials that are taken for each other. */
const nearInitials = groups('zh z j, ch c q, sh s x, b p, d t, g k, n l, f h, m n, r l, zh ch, z c, j q');
/** Finals that are taken for each other. */
const nearFinals = groups(
  'an ang, en eng, in ing, ian iang, uan uang, un ong, on ong, ai ei, ao ou, o ou, uo ou, uo o, e a, i in, u ou, ia ie, ian ie, ue ie, ui ei, an ai, en ei, ao a, ai a, ing eng, i e, a an, uan an, iao ao, ian an',
);

const initialDistance = 1;
const finalDistance = 1.2;

/** The largest distance at which one syllable may stand for another: another initial and another final, both near. */
export const farthest = initialDistance + finalDistance;

/** 0 for the same syllable, up to `farthest` for one that may be heard in its place, Infinity for others. */
export function syllableDistance(a: string, b: string): number {
  if (a === b) return 0;
  const [, firstInitial = '', firstFinal = ''] = syllable.exec(a) ?? [];
  const [, otherInitial = '', otherFinal = ''] = syllable.exec(b) ?? [];
  const part = (same: boolean, near: boolean, distance: number): number =>
    same ? 0 : near ? distance : Infinity;
  return (
    part(
      firstInitial === otherInitial,
      nearInitials.has(`${firstInitial} ${otherInitial}`),
      initialDistance,
    ) + part(firstFinal === otherFinal, nearFinals.has(`${firstFinal} ${otherFinal}`), finalDistance)
  );
}

/** All ordered pairs of those that stand in one group. */
function groups(text: string): ReadonlySet<string> {
  return new Set(
    text.split(', ').flatMap((group) => {
      const members = group.split(' ');
      return members.flatMap((one) =>
        members.filter((other) => other !== one).map((other) => `${one} ${other}`),
      );
    }),
  );
}
