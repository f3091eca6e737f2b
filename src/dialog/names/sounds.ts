/**
 * The sounds of names and of whatever a recogniser wrote in their place, one sign each. The rules are coarse: both sides of a comparison
 * go through the same ones, and vowels that they take for each other cost little (see `likeness.ts`).
 *
 * Vowels: i (see) I (sit) e (set) E (say) a (sat) A (father) o (so) u (too) U (but, and all weak ones) Y (sigh) W (now) O (boy).
 * Consonants: p b t d k g f v T (thin) s z S (ship) C (chip) J (jump) m n N (sing) l r w y h, and q for the s at the end of a word that
 * was heard, which may be nothing ("Jane's walker" is James Walker).
 */
export type Sounds = string;

/** How the letters of a name are read: as English ones, or as most other languages have them, where "i" is always "ee". */
export type Reading = 'english' | 'foreign';

interface Rule {
  readonly pattern: RegExp;
  readonly sounds: string;
}

/** Rules by the first letter, each `letters with what must follow` and sounds; the first that fits counts. */
const englishRules = rulesOf(`
  augh A | aigh E | ai E | ay E | au A | aw A | ae E | aa A | ah(?![aeiouy]) A | al(?=k) A | a(?=l[ltdk]) A | ar Ar
  a(?=[bcdfgklmnpstvz]e[sd]?$) E | a(?=[sc]on$) E | a$ U | a a
  bb b | b(?<=mb)$ - | b b
  chr kr | ch C | ck k | cc(?=[ei]) ks | cc k | cz C | c(?=[eiy]) s | c k
  dge?(?=[ert]|$) J | dd d | dt t | dj J | d d
  eigh E | eau o | ear(?=[lnc]) Ur | ea i | ee i | ei E | eu u | ew u | ey$ i | ey E | er Ur | e(?=[bcdfgklmnpstvz]e$) i
  e(?<=^[^aeiouy]*e)$ i | es(?<=[mnhkvl]es)$ z | e$ - | e e
  ff f | f f
  ght t | gh(?=[aeiou]) g | gh - | gn(?<=^gn) n | gn$ n | gg g | gu(?=[ei]) g | g(?=[eiy]) J | g g
  h(?=[aeiouy]) h | h -
  igh Y | ie i | i(?=[bcdfgklmnpstvz]e[sd]?$) Y | i(?=[nl]d) Y | ir(?![aeiou]) Ur | i$ i | i(?=[aeou]) i | i I
  j J
  kn(?<=^kn) n | kh k | kk k | k k
  ll l | l l
  mc(?<=^mc)k? mUk | mm m | m m
  nn n | ng(?=[aeiou]) Ng | ng N | nc(?=k) N | nk Nk | n n
  ough o | oo u | ous Us | ou W | ow$ o | ow W | oy O | oi O | oa o | oe o | oh(?![aeiou]) o | o(?=[bcdfgklmnpstvz]e[sd]?$) o | or or
  o$ o | on(?<=[a-z]{2}on)$ Un | o(?=ll|ld) o | o A
  ph f | pp p | p p
  que$ k | qu kw | q k
  rr r | rh r | r r
  sch S | sh S | ss s | sz s | sc(?=[eiy]) s | s s
  tch C | th T | tt t | ti(?=on|ous) S | tz ts | t t
  ue$ u | uy Y | ui u | ur Ur | u(?=[^aeiou]h?[aeiouy]) u | u$ u | u(?<=[yjl]u) u | u U
  v v
  wh w | wr r | w(?=[aeiouy]) w | w -
  x(?<=^x) z | x ks
  y(?=[aeiou]) y | y$ i | y I
  zh J | zz ts | z z
`);

/** Where other languages differ: Spanish, German, Slavonic, Chinese and others at once, as far as they do not contradict each other. */
const foreignRules = rulesOf(`
  ai Y | ay Y | ae e | au W | a A
  cz C | ci(?=[aou]) C | cc(?=[ei]) C | c(?=[eiy]) s
  ei E | eu O | ey E | ee E | e E
  gh g | gi(?=[aou]) J | g g
  ie ie | i i
  j h
  ll y
  oo o | ou u | o o
  qu k | q C
  sch S | sz S | s s
  ts ts | tz ts | th t
  ui ui | ue ue | u u
  w v
  x S | y i
  zh J | z s
`);

/** Names that no rule reads. */
const exceptions: Readonly<Record<string, string>> = {
  aaron: 'erUn',
  anthony: 'anTUni',
  chloe: 'kloi',
  christine: 'krIstin',
  eileen: 'Ylin',
  eugene: 'yuJin',
  george: 'JorJ',
  hugh: 'hyu',
  isaac: 'YzUk',
  ivan: 'YvUn',
  jesus: 'hesus',
  jorge: 'horhE',
  jose: 'hosE',
  juan: 'wAn',
  leigh: 'li',
  leonard: 'lenUrd',
  michael: 'mYkUl',
  michelle: 'mISel',
  nguyen: 'win',
  niamh: 'niv',
  one: 'wUn',
  of: 'Uv',
  phoebe: 'fibi',
  rough: 'rUf',
  sean: 'SAn',
  siobhan: 'SIvAn',
  stephen: 'stivUn',
  thomas: 'tAmUs',
  thompson: 'tAmsUn',
  you: 'yu',
  your: 'yor',
  zoe: 'zoi',
};

function rulesOf(table: string): ReadonlyMap<string, readonly Rule[]> {
  const rules = new Map<string, Rule[]>();
  for (const line of table.split(/\n| \| /)) {
    const [letters, sounds] = line.trim().split(' ');
    if (letters === undefined || sounds === undefined) continue;
    const first = letters.charAt(0);
    const list = rules.get(first) ?? [];
    list.push({ pattern: new RegExp(letters, 'y'), sounds: sounds === '-' ? '' : sounds });
    rules.set(first, list);
  }
  return rules;
}

/**
 * The sounds of one word.
 *
 * @param word - small letters a to z only.
 */
export function soundsOf(word: string, reading: Reading = 'english'): Sounds {
  if (reading === 'english' && Object.hasOwn(exceptions, word)) return exceptions[word] ?? '';
  let sounds = '';
  let at = 0;
  while (at < word.length) {
    const rule = ruleAt(word, at, reading);
    sounds += rule?.sounds ?? '';
    at = rule ? rule.pattern.lastIndex : at + 1;
  }
  // "Tt", and what two rules made double, is one sound.
  return sounds.replace(/(.)\1+/g, '$1');
}

function ruleAt(word: string, at: number, reading: Reading): Rule | undefined {
  const letter = word.charAt(at);
  const fits = ({ pattern }: Rule): boolean => {
    pattern.lastIndex = at;
    return pattern.test(word);
  };
  const foreign = reading === 'foreign' ? foreignRules.get(letter)?.find(fits) : undefined;
  return foreign ?? englishRules.get(letter)?.find(fits);
}

/** The words of a name in small letters a to z: "José O'Brien-Smith" as jose, obrien, smith; "Jane's" keeps its s. */
export function plainWords(name: string): string[] {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[\p{M}'’]/gu, '')
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}
