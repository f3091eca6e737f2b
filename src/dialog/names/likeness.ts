/** What it costs to take one sign for another, and to hear one that was not there or miss one: numbers by the signs' places. */
export interface Costs {
  /** All signs, a place each. */
  readonly signs: string;
  /** Of taking the true sign for the heard one, at `true * signs.length + heard`. */
  readonly taken: Float32Array;
  readonly single: Float32Array;
}

/** Pairs of signs with what taking one for the other costs, both ways. */
type Pairs = Readonly<Record<string, number>>;

interface CostTable {
  readonly signs: string;
  /** Groups whose members cost this much among each other. */
  readonly groups: readonly (readonly [string, number])[];
  readonly pairs: Pairs;
  readonly otherwise: number;
  /** Of a sign too many or too few. */
  readonly single: Pairs;
  readonly singleOtherwise: number;
}

function costsOf({ signs, groups, pairs, otherwise, single, singleOtherwise }: CostTable): Costs {
  const count = signs.length;
  const taken = new Float32Array(count * count).fill(otherwise);
  const set = (left: string, right: string, cost: number): void => {
    taken[signs.indexOf(left) * count + signs.indexOf(right)] = cost;
    taken[signs.indexOf(right) * count + signs.indexOf(left)] = cost;
  };
  for (const [members, cost] of groups) {
    for (const left of members) for (const right of members) set(left, right, cost);
  }
  for (const [pair, cost] of Object.entries(pairs)) set(pair.charAt(0), pair.charAt(1), cost);
  for (const sign of signs) set(sign, sign, 0);
  return { signs, taken, single: Float32Array.from(signs, (sign) => single[sign] ?? singleOtherwise) };
}

const pairsOf = (text: string): Pairs =>
  Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((each) => each.split(':'))
      .map(([signs = '', cost]) => [signs, Number(cost)]),
  );

/**
 * Costs of sounds (`sounds.ts`), by what recognisers mishear on the telephone: vowels, voiced for voiceless, nasals, and sounds of the
 * upper half of the band, which the line cuts off (s, f, th).
 */
export const soundCosts: Costs = costsOf({
  signs: 'iIeEaAouUYWOpbtdkgfvTszSCJmnNlrwyhq',
  groups: [
    ['iIeEaAouUYWO', 0.35],
    ['ptk', 0.6],
    ['bdg', 0.6],
    ['fTs', 0.45],
    ['vz', 0.5],
    ['SCJ', 0.3],
    ['mnN', 0.3],
    ['lrw', 0.5],
  ],
  pairs: pairsOf(`
    iI:0.12 Ie:0.15 eE:0.2 ea:0.15 aA:0.15 aU:0.15 AU:0.15 Ao:0.15 oU:0.15 uU:0.15 UI:0.15 Ue:0.15 ie:0.2 iE:0.25 ou:0.2 YA:0.25
    YI:0.2 YE:0.25 WA:0.25 Wu:0.2 Wo:0.2 Oo:0.25 Ea:0.2 iy:0.2 Iy:0.3 uw:0.2 Uw:0.4 ow:0.4 Ur:0.5
    pb:0.3 td:0.3 kg:0.3 fv:0.25 sz:0.1 Tf:0.3 Tt:0.4 Td:0.4 Tv:0.4 Tz:0.5 Ss:0.35 Sz:0.5 Ct:0.4 Jd:0.45 Jz:0.4 Jy:0.4 Jg:0.4 kC:0.5
    CJ:0.2 nN:0.1 wv:0.35 bv:0.4 bm:0.5 dn:0.6 pf:0.5 dl:0.6 nl:0.6 rw:0.4 hk:0.6 hf:0.6 hy:0.5 hw:0.5 kh:0.5
    sq:0 zq:0 Sq:0.4 Tq:0.4 fq:0.4`),
  otherwise: 1,
  single: pairsOf(
    'i:0.4 I:0.35 e:0.4 E:0.45 a:0.4 A:0.4 o:0.45 u:0.4 U:0.3 Y:0.5 W:0.5 O:0.5 h:0.3 w:0.45 y:0.4 r:0.55 l:0.65 t:0.6 d:0.6 n:0.65 N:0.6 g:0.65 q:0.35',
  ),
  singleOtherwise: 0.8,
});

/** Costs of letters that were spelled: those whose names sound alike, and those that are written for each other. */
export const letterCosts: Costs = costsOf({
  signs: 'abcdefghijklmnopqrstuvwxyz',
  groups: [
    ['bcdegptvz', 0.4],
    ['ajkh', 0.4],
    ['fsx', 0.35],
    ['mn', 0.2],
    ['lmn', 0.5],
    ['uqw', 0.5],
    ['iyr', 0.5],
  ],
  pairs: pairsOf(
    'mn:0.2 bd:0.3 bv:0.3 bp:0.3 dt:0.3 pt:0.3 dg:0.4 ei:0.5 ae:0.6 oa:0.6 ou:0.6 iy:0.35 ck:0.5 cs:0.4 sz:0.4 cz:0.3 gj:0.35 wv:0.6 hx:0.5 ir:0.5 ao:0.6',
  ),
  otherwise: 1,
  single: {},
  singleOtherwise: 0.75,
});

/** A text as places of signs; what is no sign is left out. */
export function coded(text: string, costs: Costs): Uint8Array {
  return Uint8Array.from(Array.from(text, (sign) => costs.signs.indexOf(sign)).filter((place) => place >= 0));
}

/** The next row of the table of edit distances (Wagner and Fischer 1974), after a further true sign. Returns its smallest number. */
export function nextRow(
  rows: Float32Array,
  from: number,
  to: number,
  sign: number,
  heard: Uint8Array,
  costs: Costs,
): number {
  const base = sign * costs.signs.length;
  const missed = costs.single[sign] ?? 1;
  let left = (rows[from] ?? 0) + missed;
  rows[to] = left;
  let least = left;
  for (let at = 0; at < heard.length; at += 1) {
    const said = heard[at] ?? 0;
    let cost = (rows[from + at] ?? 0) + (costs.taken[base + said] ?? 1);
    const skipped = (rows[from + at + 1] ?? 0) + missed;
    if (skipped < cost) cost = skipped;
    const added = left + (costs.single[said] ?? 1);
    if (added < cost) cost = added;
    rows[to + at + 1] = cost;
    left = cost;
    if (cost < least) least = cost;
  }
  return least;
}

/** The row before any true sign: everything heard was added. */
export function firstRow(rows: Float32Array, heard: Uint8Array, costs: Costs): void {
  rows[0] = 0;
  for (let at = 0; at < heard.length; at += 1)
    rows[at + 1] = (rows[at] ?? 0) + (costs.single[heard[at] ?? 0] ?? 1);
}

/** What taking a whole text for another one costs. */
export function costBetween(truth: string, heard: string, costs: Costs): number {
  const said = coded(heard, costs);
  const width = said.length + 1;
  const rows = new Float32Array(2 * width);
  firstRow(rows, said, costs);
  let at = 0;
  for (const sign of coded(truth, costs)) {
    nextRow(rows, at, width - at, sign, said, costs);
    at = width - at;
  }
  return rows[at + said.length] ?? 0;
}
