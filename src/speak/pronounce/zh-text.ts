import { addressWords, emailWords, phoneWords } from './zh-addresses.ts';
import {
  amountWords,
  countWords,
  dayWords,
  hourMinuteWords,
  monthDayWords,
  numberWords,
  spellIdentity,
  spellIdentityGroups,
  spellPlain,
  timeWords,
} from './zh-numbers.ts';
import {
  anyOf,
  readingRule as rule,
  readWithRules,
  type PronounceContext,
  type ReadingRule,
} from './pronouncer.ts';
import {
  currencyCodes,
  currencySymbolPattern,
  cut,
  dayAt,
  groupSizes,
  groupsOf,
  orderNumberGroups,
  parseAmount,
  parseDay,
  validDay,
} from './values.ts';

const number = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`;

/** Words after which digits name something instead of counting: 尾号, 单号, 拨打. */
const identityLeads =
  /(?:尾号|单号|编号|号码|卡号|工号|验证码|取件码|提货码|订单号?|电话|热线|拨打|致电|密码|代码|型号)(?:[是为:： ]|尾数)*$/;

/** What is counted: before these, two is 两. */
const measureWords =
  '个件位次天年周岁人名句本辆间盒箱包双套台部张条瓶袋只单笔份家种倍块元角分米斤升克层口把支枚片根颗项批组轮场期点封对';
const longMeasureWords = [
  '小时', '分钟', '秒钟', '星期', '礼拜', '个月', '公斤', '千克', '公里', '千米', '厘米', '毫米', '毫升', '平方米', '工作日', '美元',
  '欧元', '英镑', '日元', '港元', '港币', '人民币', '包裹',
]; // prettier-ignore

/** Latin unit signs after a number. */
const units: Readonly<Record<string, string>> = {
  kg: '公斤',
  KG: '公斤',
  g: '克',
  mg: '毫克',
  km: '公里',
  m: '米',
  cm: '厘米',
  mm: '毫米',
  ml: '毫升',
  mL: '毫升',
  L: '升',
  l: '升',
  h: '小时',
  min: '分钟',
  W: '瓦',
  kW: '千瓦',
  V: '伏',
  mAh: '毫安时',
  MB: '兆',
  GB: ' G B ',
  TB: ' T B ',
  '℃': '摄氏度',
  '°C': '摄氏度',
  '㎡': '平方米',
};

/** Reads plain Chinese text: every digit and symbol in words; Latin words stay as they are. */
export function readChineseText(text: string, context: PronounceContext): string {
  return readWithRules(text, rules, context)
    .replace(/ {2,}/g, ' ')
    .replace(/(?<=[\p{Script=Han}，。！？；]) (?=[\p{Script=Han}，。！？；])/gu, '');
}

function thisYear(context: PronounceContext): number {
  return dayAt(context.nowEpochMs, context.timeZone).year;
}

const addressRules: readonly ReadingRule[] = [
  rule(
    String.raw`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`,
    ([address], _before, context) => ` ${emailWords(address, context)} `,
    {
      atWordStart: false,
    },
  ),
  rule(
    String.raw`(?:https?:\/\/)?(?:www\.)?((?:[a-z\d-]+\.)+(?:com|org|net|io|cn|shop|store)(?:\/[\w\-/.]*\w)?)\/?(?![\w])`,
    ([, address = ''], _before, context) => ` ${addressWords(address.toLowerCase(), context)} `,
    { flags: 'i', atWordStart: false },
  ),
];

const anywhere = { atWordStart: false } as const;

const amountRules: readonly ReadingRule[] = [
  rule(
    String.raw`[-−–]?(?:${currencySymbolPattern})\s?(?:${number})(万)?`,
    ([amount, tenThousands]) => {
      const parsed = parseAmount(amount.replace('万', ''));
      if (parsed === undefined) return undefined;
      if (tenThousands === undefined) return amountWords(parsed);
      const decimal = parsed.decimals === '' ? parsed.units : `${parsed.units}.${parsed.decimals}`;
      return `${countWords(decimal)}万${amountWords({ ...parsed, units: '3', decimals: '' }).replace(/^负?三/, '')}`;
    },
    anywhere,
  ),
  rule(
    String.raw`[-−–]?(?:${number})\s?(?:${currencyCodes.join('|')})\b|(?:${currencyCodes.join('|')})\s?(?:${number})|(?:${number})\s?(?:美元|欧元|英镑|日元|港币|港元|元|块(?!\p{Script=Han}*块))(?!\d)`,
    ([amount]) => {
      const parsed = parseAmount(amount);
      if (parsed === undefined) return undefined;
      const words = amountWords(parsed);
      return amount.endsWith('块') && parsed.decimals === '' ? words.replace(/元$/, '块') : words;
    },
    anywhere,
  ),
];

const dateRules: readonly ReadingRule[] = [
  rule(
    String.raw`\d{4}-\d{2}-\d{2}(?![\d-])`,
    ([date], _before, context) => {
      const day = parseDay(date, context.timeZone);
      return day === undefined
        ? undefined
        : dayWords(day, dayAt(context.nowEpochMs, context.timeZone)).spoken;
    },
    anywhere,
  ),
  rule(
    String.raw`(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?![\d/.])`,
    ([, year, month, date], _before, context) => {
      const day = validDay(Number(year), Number(month), Number(date));
      if (day === undefined) return undefined;
      const prefix = day.year === thisYear(context) ? '' : `${spellPlain(String(day.year))}年`;
      return prefix + monthDayWords(day.month, day.day);
    },
    anywhere,
  ),
  rule(
    String.raw`(\d{4}|\d{2})年(?=\d{1,2}月|[初底末间度内春夏秋冬]|\s|[，。的]|$)`,
    ([, year = '']) => `${spellPlain(year)}年`,
    anywhere,
  ),
  rule(String.raw`((?:19|20)\d{2})年`, ([, year = '']) => `${spellPlain(year)}年`, anywhere),
  rule(
    String.raw`(\d{1,2})月(?:(\d{1,2})([日号]))?`,
    ([, month = '', day, sign]) =>
      `${numberWords(month)}月${day === undefined ? '' : `${numberWords(day)}${sign ?? '号'}`}`,
    anywhere,
  ),
  rule(
    String.raw`([01]?\d|2[0-3])[:：]([0-5]\d)(?![\d:])`,
    ([, hour, minute], before) =>
      /(?:凌晨|早上|上午|中午|下午|晚上|傍晚|早|晚)\s?$/.test(before)
        ? hourMinuteWords(Number(hour), Number(minute))
        : timeWords({ hour: Number(hour), minute: Number(minute) }),
    anywhere,
  ),
];

const numberRules: readonly ReadingRule[] = [
  rule(
    String.raw`[-–—~～]\s?(?=\d)`,
    (_match, before) => (/(?:[日号点分时半年月天]|\d[:：]\d{2})\s?$/.test(before) ? '到' : undefined),
    anywhere,
  ),
  rule(String.raw`(\d)\.(\d)折`, ([, tens = '', ones = '']) => `${spellPlain(tens + ones)}折`, anywhere),
  rule(String.raw`(?:7\s?[x×*]\s?24|24\/7)(?:\s?小时)?`, () => '七乘二十四小时', anywhere),
  rule(
    String.raw`\+\d[\d\s()-]{7,}\d|0\d{2,3}-\d{7,8}|[48]00-\d{3}-\d{4}|1[3-9]\d{9}(?!\d)|1[3-9]\d-\d{4}-\d{4}`,
    ([phone]) => phoneWords(phone),
    anywhere,
  ),
  rule(String.raw`#?([A-Z]{1,4}-?\d{4,})(?![A-Za-z\d])|#(\d{4,})(?!\d)`, ([, mixed, digits]) =>
    spellIdentityGroups(orderNumberGroups(mixed ?? digits ?? '')),
  ),
  rule(String.raw`(${number})\s?[%％]`, ([, value = '']) => `百分之${numberWords(value)}`, anywhere),
  rule(
    String.raw`(\d{1,2})\/(\d{1,2})(?![\d/])`,
    ([, over, under]) =>
      Number(under) === 0 ? undefined : `${numberWords(under ?? '')}分之${numberWords(over ?? '')}`,
    anywhere,
  ),
  rule(String.raw`第\s?(\d+)`, ([, value = '']) => `第${numberWords(value)}`, anywhere),
  rule(
    String.raw`(${number})\s?(?:[-–—~～至到])\s?(?=\d)`,
    ([, value = ''], before) =>
      identityLeads.test(before) ? undefined : `${value === '2' ? '两' : numberWords(value)}到`,
    anywhere,
  ),
  rule(String.raw`(${number})\s?[x×]\s?(?=\d)`, ([, value = '']) => `${numberWords(value)}乘`, anywhere),
  rule(
    String.raw`(${number})\s?(${anyOf(Object.keys(units))})(?![A-Za-z\d])`,
    ([, value = '', unit = '']) => `${countWords(value)}${units[unit] ?? unit}`,
    anywhere,
  ),
  rule(
    String.raw`\d{4,}`,
    ([digits], before) => {
      if (!identityLeads.test(before) && digits.length < 8 && !digits.startsWith('0')) return undefined;
      const sizes = digits.length <= 5 ? [digits.length] : groupSizes(digits.length);
      return spellIdentityGroups(digits.length >= 12 ? groupsOf(digits, 4) : cut(digits, sizes));
    },
    anywhere,
  ),
  rule(
    String.raw`\d{2,3}(?!\d)`,
    ([digits], before) => (identityLeads.test(before) ? spellIdentity(digits) : undefined),
    anywhere,
  ),
  rule(
    String.raw`(${number})\s?(?=(?:多|余|来)?(?:${longMeasureWords.join('|')}|[${measureWords}万亿千百]))`,
    ([, value = ''], before) =>
      // 星期2点 does not exist, but 星期2 does; 2号, 2月 and 2楼 are labels and keep 二.
      /(?:星期|周|礼拜)$/.test(before) ? numberWords(value) : countWords(value),
    anywhere,
  ),
  rule(String.raw`(?<![A-Za-z\d])[-−](?=\d)`, () => '负', anywhere),
  rule('〇', () => '零', anywhere),
  rule(`(${number})`, ([value]) => numberWords(value), anywhere),
];

const symbolRules: readonly ReadingRule[] = [
  // Capitals are spelled by name; a mixed word such as iPhone stays one.
  rule(String.raw`[A-Z]{2,5}(?![A-Za-z])`, ([letters]) => ` ${letters.split('').join(' ')} `),
  rule(String.raw`\s*&\s*`, () => '和', anywhere),
  rule('[#＃]键?', ([key]) => (key.endsWith('键') ? '井号键' : '井号'), anywhere),
  rule('[*＊]键?', ([key]) => (key.endsWith('键') ? '星号键' : '星号'), anywhere),
  rule('@', () => ' 艾特 ', anywhere),
  rule('[+＋]', () => '加', anywhere),
  rule('=', () => '等于', anywhere),
  rule('[%％]', () => '百分号', anywhere),
  rule(String.raw`\/`, () => '或', anywhere),
  rule('[™®©]', () => '', anywhere),
  rule(String.raw`[（(【\[]`, () => '，', anywhere),
  rule(String.raw`[）)】\]](?=[，。！？；]|$)`, () => '', anywhere),
  rule(String.raw`[）)】\]]`, () => '，', anywhere),
  rule(String.raw`[“”"「」『』《》<>|~～_^{}\\•·\p{Extended_Pictographic}\u200d\ufe0f]`, () => '', anywhere),
  rule('…+|—+', () => '，', anywhere),
];

const rules: readonly ReadingRule[] = [
  ...addressRules,
  ...amountRules,
  ...dateRules,
  ...numberRules,
  ...symbolRules,
];
