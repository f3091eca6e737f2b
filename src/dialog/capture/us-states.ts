/** The United States in the two letters of the postal service, with the districts and territories it delivers to. */
// prettier-ignore
const names: Readonly<Record<string, string>> = {
  alabama: 'AL', alaska: 'AK', arizona: 'AZ', arkansas: 'AR', california: 'CA', colorado: 'CO', connecticut: 'CT', delaware: 'DE',
  'district of columbia': 'DC', florida: 'FL', georgia: 'GA', hawaii: 'HI', idaho: 'ID', illinois: 'IL', indiana: 'IN', iowa: 'IA',
  kansas: 'KS', kentucky: 'KY', louisiana: 'LA', maine: 'ME', maryland: 'MD', massachusetts: 'MA', michigan: 'MI', minnesota: 'MN',
  mississippi: 'MS', missouri: 'MO', montana: 'MT', nebraska: 'NE', nevada: 'NV', 'new hampshire': 'NH', 'new jersey': 'NJ',
  'new mexico': 'NM', 'new york': 'NY', 'north carolina': 'NC', 'north dakota': 'ND', ohio: 'OH', oklahoma: 'OK', oregon: 'OR',
  pennsylvania: 'PA', 'puerto rico': 'PR', 'rhode island': 'RI', 'south carolina': 'SC', 'south dakota': 'SD', tennessee: 'TN',
  texas: 'TX', utah: 'UT', vermont: 'VT', virginia: 'VA', washington: 'WA', 'west virginia': 'WV', wisconsin: 'WI', wyoming: 'WY',
};
const codes = new Set(Object.values(names));

/** First and last three-digit prefix of postal codes, and the state they belong to. */
// prettier-ignore
const prefixes: readonly (readonly [number, number, string])[] = [
  [5, 5, 'NY'], [6, 9, 'PR'], [10, 27, 'MA'], [28, 29, 'RI'], [30, 38, 'NH'], [39, 49, 'ME'], [50, 54, 'VT'], [55, 55, 'MA'],
  [56, 59, 'VT'], [60, 69, 'CT'], [70, 89, 'NJ'], [100, 149, 'NY'], [150, 196, 'PA'], [197, 199, 'DE'], [200, 200, 'DC'],
  [201, 201, 'VA'], [202, 205, 'DC'], [206, 219, 'MD'], [220, 246, 'VA'], [247, 268, 'WV'], [270, 289, 'NC'], [290, 299, 'SC'],
  [300, 319, 'GA'], [320, 349, 'FL'], [350, 369, 'AL'], [370, 385, 'TN'], [386, 397, 'MS'], [398, 399, 'GA'], [400, 427, 'KY'],
  [430, 459, 'OH'], [460, 479, 'IN'], [480, 499, 'MI'], [500, 528, 'IA'], [530, 549, 'WI'], [550, 567, 'MN'], [570, 577, 'SD'],
  [580, 588, 'ND'], [590, 599, 'MT'], [600, 629, 'IL'], [630, 658, 'MO'], [660, 679, 'KS'], [680, 693, 'NE'], [700, 714, 'LA'],
  [716, 729, 'AR'], [730, 732, 'OK'], [733, 733, 'TX'], [734, 749, 'OK'], [750, 799, 'TX'], [800, 816, 'CO'], [820, 831, 'WY'],
  [832, 838, 'ID'], [840, 847, 'UT'], [850, 865, 'AZ'], [870, 884, 'NM'], [885, 885, 'TX'], [889, 898, 'NV'], [900, 961, 'CA'],
  [967, 968, 'HI'], [970, 979, 'OR'], [980, 994, 'WA'], [995, 999, 'AK'],
];

/** The state that a postal code lies in, by its first three digits. */
export function stateOfPostalCode(postalCode: string): string | undefined {
  if (!/^\d{5}(?!\d)/.test(postalCode)) return undefined;
  const prefix = Number(postalCode.slice(0, 3));
  return prefixes.find(([first, last]) => first <= prefix && prefix <= last)?.[2];
}

const pattern = new RegExp(
  `\\b(?:${Object.keys(names)
    .sort((left, right) => right.length - left.length)
    .join('|')})\\b`,
  'gi',
);

/** The last state that a text names, in full or as two capitals, and where it stands. */
export function lastState(
  text: string,
): { readonly code: string; readonly start: number; readonly end: number } | undefined {
  const full = [...text.matchAll(pattern)].map(({ 0: found, index }) => ({
    code: names[found.toLowerCase()] ?? '',
    start: index,
    end: index + found.length,
  }));
  const short = [...text.matchAll(/\b[A-Z]{2}\b|(?<=,\s*)\b[a-z]{2}\b/g)].flatMap(({ 0: found, index }) => {
    const code = found.toUpperCase();
    return codes.has(code) ? [{ code, start: index, end: index + found.length }] : [];
  });
  return [...full, ...short].sort((left, right) => right.start - left.start)[0];
}
