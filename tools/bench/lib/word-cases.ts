import type { Language } from '../../../src/core/language.ts';
import { createRandom, type Random } from '../../../src/commerce/demo-shop/random.ts';
import { listed } from '../../../src/dialog/names/lexicon.ts';

/** A value as a caller words it, and what it must be read as. */
export interface WordCase {
  readonly kind: string;
  readonly language: Language;
  readonly said: string;
  readonly wanted: string;
}

/** The day on which the dates are said, a Wednesday. */
export const caseDay = '2026-06-10';

const englishDigits = 'zero one two three four five six seven eight nine'.split(' ');
const chineseDigits = Array.from('零一二三四五六七八九');
const nato: Readonly<Record<string, string>> = { W: 'whiskey', B: 'bravo', M: 'mike', K: 'kilo' };

/** "Seven double five oh", "7 5 5 0"; 七五五零 with 幺 for 一 now and then. */
function digitsAsSaid(digits: string, language: Language, random: Random): string {
  if (language === 'zh') {
    const yao = random.chance(0.5);
    return Array.from(digits, (digit) =>
      yao && digit === '1' ? '幺' : (chineseDigits[Number(digit)] ?? ''),
    ).join('');
  }
  if (random.chance(0.2)) return Array.from(digits).join(' ');
  const oh = random.chance(0.4);
  const isDouble = random.chance(0.4);
  const words: string[] = [];
  for (let at = 0; at < digits.length; at += 1) {
    const digit = digits[at] ?? '';
    const word = oh && digit === '0' ? 'oh' : (englishDigits[Number(digit)] ?? '');
    const isPair = isDouble && digits[at + 1] === digit;
    words.push(isPair ? `double ${word}` : word);
    if (isPair) at += 1;
  }
  return words.join(' ');
}

const digitsOf = (random: Random, length: number): string =>
  Array.from({ length }, () => String(random.int(0, 9))).join('');

const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const dayWords: Readonly<Record<Language, readonly (readonly [string, number])[]>> = {
  en: [['today', 0], ['tomorrow', 1], ['tomorrow afternoon', 1], ['the day after tomorrow', 2], ['Friday', 2], ['on Tuesday morning', 6], ['in three days', 3], ['in a week', 7]],
  zh: [['今天', 0], ['明天', 1], ['明天下午', 1], ['后天', 2], ['周五', 2], ['下周二', 6], ['三天后', 3], ['大后天', 3]],
}; // prettier-ignore
const places = [
  ['New York', 'New York', '10011'],
  ['Denver', 'Colorado', '80202'],
  ['Austin', 'Texas', '78701'],
  ['Chicago', 'Illinois', '60614'],
  ['Seattle', 'Washington', '98101'],
] as const;
const streets = ['Oak Street', 'Maple Drive', 'Elm Avenue', 'Sunset Boulevard', 'Hickory Lane'];
const chinesePlaces = [
  ['北京市', '朝阳区建国路', '100025'],
  ['上海市', '静安区南京西路', '200040'],
  ['广州市', '天河区体育西路', '510620'],
  ['杭州市', '西湖区文三路', '310012'],
] as const;
const yesNo: Readonly<Record<Language, readonly (readonly [string, string])[]>> = {
  en: [['yes', 'yes'], ['yeah that is right', 'yes'], ['sure go ahead', 'yes'], ['correct', 'yes'], ['sounds good thank you', 'yes'], ['no', 'no'], ['nope', 'no'], ['no thank you', 'no'], ['not yet', 'no'], ["no that's wrong", 'no']],
  zh: [['是的', 'yes'], ['对的', 'yes'], ['好的可以', 'yes'], ['没问题', 'yes'], ['就这个', 'yes'], ['不是', 'no'], ['不用了谢谢', 'no'], ['不对', 'no'], ['还没有', 'no'], ['不要了', 'no']],
}; // prettier-ignore
const chosen: Readonly<Record<Language, readonly (readonly [string, string])[]>> = {
  en: [['the lamp and the mug', 'lamp,mug'], ['both the tablet and the lamp', 'lamp,tablet'], ['the second one', 'mug'], ['all but the tablet', 'lamp,mug'], ['the cheapest one', 'mug'], ['the most expensive', 'lamp'], ['everything', 'lamp,mug,tablet'], ['the blue one', 'mug'], ['the first and the third', 'lamp,tablet']],
  zh: [['台灯和杯子', 'lamp,mug'], ['第二个', 'mug'], ['除了平板支架都要', 'lamp,mug'], ['最便宜的那个', 'mug'], ['最贵的', 'lamp'], ['全部', 'lamp,mug,tablet'], ['蓝色的', 'mug'], ['第一个和第三个', 'lamp,tablet']],
}; // prettier-ignore
const counts: Readonly<Record<Language, readonly (readonly [string, string])[]>> = {
  en: [['just one', '1'], ['two', '2'], ['three of them', '3'], ['both', '2'], ['twelve', '12'], ['twenty three', '23']],
  zh: [['一个', '1'], ['两个', '2'], ['三件', '3'], ['十二个', '12'], ['二十三件', '23'], ['五台', '5']],
}; // prettier-ignore
const amountWords: Readonly<Record<Language, readonly (readonly [string, string])[]>> = {
  en: [['twelve fifty', '12.50'], ['twenty-nine ninety-nine', '29.99'], ['forty dollars', '40.00'], ['a hundred and five dollars', '105.00'], ['nineteen dollars and five cents', '19.05'], ['one hundred twenty dollars fifty', '120.50'], ['twelve oh five', '12.05'], ['about thirty bucks', '30.00'], ['$86.40', '86.40'], ['seven point five', '7.50']],
  zh: [['十二块五', '12.50'], ['三十九块九毛', '39.90'], ['一百零五元', '105.00'], ['一百二十块', '120.00'], ['两百五十块零五分', '250.05'], ['九十九块九毛九', '99.99'], ['八十六元四角', '86.40'], ['三千五百元', '3500.00'], ['十二点五元', '12.50'], ['大概三十块钱', '30.00']],
}; // prettier-ignore
const surnames = Array.from('王李张刘陈杨黄赵吴周');
const givenNames = ['伟', '芳', '娜', '秀英', '敏', '静', '强', '磊', '洋', '艳'];

type Maker = (language: Language, random: Random) => readonly [said: string, wanted: string];

const makers: Readonly<Record<string, Maker>> = {
  order_number(language, random) {
    const digits = digitsOf(random, 7);
    const lead =
      language === 'en' && random.chance(0.3)
        ? (nato.W ?? '')
        : random.pick(['W', 'W', 'double u'].slice(0, language === 'en' ? 3 : 2));
    return [`${lead} ${digitsAsSaid(digits, language, random)}`, `#W${digits}`];
  },
  postal_code(language, random) {
    const code = digitsOf(random, language === 'en' ? 5 : 6);
    return [digitsAsSaid(code, language, random), code];
  },
  email(language, random) {
    const digits = random.chance(0.6) ? digitsOf(random, 4) : '';
    const local = `${random.pick(listed('first').slice(0, 300))}${random.pick(['.', '_', '-'])}${random.pick(listed('last').slice(0, 300))}`;
    const marks =
      language === 'en'
        ? { '.': ' dot ', _: ' underscore ', '-': ' dash ' }
        : { '.': '点', _: '下划线', '-': '横杠' };
    const words = local.replace(/[._-]/, (mark) => marks[mark as keyof typeof marks]);
    const number = digits === '' ? '' : ` ${digitsAsSaid(digits, language, random)}`;
    const host = random.pick(language === 'en' ? ['gmail', 'example', 'outlook'] : ['qq', 'example', '163']);
    return [
      words + number + (language === 'en' ? ` at ${host} dot com` : `艾特${host}点com`),
      `${local}${digits}@${host}.com`,
    ];
  },
  phone_number(language, random) {
    const digits = language === 'en' ? `212555${digitsOf(random, 4)}` : `138${digitsOf(random, 8)}`;
    return [digitsAsSaid(digits, language, random), (language === 'en' ? '+1' : '+86') + digits];
  },
  person_name(language, random) {
    if (language === 'zh') {
      const name = random.pick(surnames) + random.pick(givenNames);
      return [`我叫${name}`, name];
    }
    const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
    const name = `${capital(random.pick(listed('first').slice(0, 300)))} ${capital(random.pick(listed('last').slice(0, 300)))}`;
    return [random.pick(['My name is ', "it's ", 'this is ', '']) + name, name];
  },
  date(language, random) {
    if (random.chance(0.6)) {
      const [words, ahead] = random.pick(dayWords[language]);
      return [words, new Date(Date.parse(caseDay) + ahead * 86_400_000).toISOString().slice(0, 10)];
    }
    const [month, day] = [random.int(7, 12), random.int(1, 28)];
    const wanted = `2026-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
    return [
      language === 'en' ? `${months[month - 1] ?? ''} ${String(day)}` : `${String(month)}月${String(day)}号`,
      wanted,
    ];
  },
  quantity: (language, random) => random.pick(counts[language]),
  amount: (language, random) => random.pick(amountWords[language]),
  address(language, random) {
    const house = random.int(2, 999);
    if (language === 'zh') {
      const [city, road, code] = random.pick(chinesePlaces);
      return [
        `${city}${road}${String(house)}号，邮编${code}`,
        `${road}${String(house)}号|${city.replace('市', '')}|${code}`,
      ];
    }
    const [city, state, code] = random.pick(places);
    const street = random.pick(streets);
    const spoken = random.chance(0.5) ? code : digitsAsSaid(code, language, random);
    return [
      `${String(house)} ${street}, ${city}, ${state}, ${spoken}`,
      `${String(house)} ${street}|${city}|${code}`,
    ];
  },
  yes_no: (language, random) => random.pick(yesNo[language]),
  choice: (language, random) => random.pick(chosen[language]),
};

/** `perKind` values of each kind in both languages, the same for the same seed. */
export function wordCases(perKind: number, seed: number): WordCase[] {
  return Object.entries(makers).flatMap(([kind, make], index) =>
    (['en', 'zh'] as const).flatMap((language) => {
      const random = createRandom(seed * 1000 + index * 10 + (language === 'en' ? 0 : 1));
      return Array.from({ length: perKind }, () => {
        const [said, wanted] = make(language, random);
        return { kind, language, said, wanted };
      });
    }),
  );
}

/** What recognisers make of words, one after the other; each is applied to one case in three. */
const mishearings: Readonly<Record<Language, readonly ((text: string) => string)[]>> = {
  en: [
    (text) => text.replace(/\btwo\b/, 'to').replace(/\bfour\b/, 'for'),
    (text) => text.replace(/\beight\b/, 'ate').replace(/\bone\b/, 'won'),
    (text) => text.replace(/ dot (?=com)/, '.'),
    (text) => text.replace(/(\w+) dot (\w+)/, '$1.$2'),
    (text) =>
      text.replace(
        /\b(zero|one|two|three|five|six|seven|nine) (?=(?:oh|zero|one|two|three|five|six|seven|nine)\b)/g,
        '$1, ',
      ),
    (text) => text.replace(/ and the /, ' in the '),
    (text) => text.toLowerCase(),
    (text) => `Um, ${text}.`,
    (text) => `${text}, please.`,
    (text) => `Okay. ${text}`,
  ],
  zh: [
    (text) => text.replace(/一/, '1').replace(/七/, '7'),
    (text) => text.replace(/二/, '两'),
    (text) => text.replace(/[零一二三四五六七八九幺]{2}(?=[零一二三四五六七八九幺])/gu, '$&，'),
    (text) => text.replace(/九/, '久'),
    (text) => text.replace(/五/, '武'),
    (text) => `嗯，${text}。`,
    (text) => `那个${text}`,
    (text) => `${text}，谢谢`,
  ],
};

/** The words as a recogniser may write them. */
export function misheard({ said, language }: WordCase, random: Random): string {
  return mishearings[language].reduce((text, change) => (random.chance(1 / 3) ? change(text) : text), said);
}
