/** Words of a sentence that say nothing about which product is meant. */
const englishFiller = new Set(
  (
    'a about afternoon all also an and another any anybody are available back be buy by can carry check color colour come comes ' +
    'could cost costs currently did different do does dollars evening ever find for from get give go good got have having hello ' +
    'hey hi how hows i id if ill im in info information is it its ive just kind know left let like long look looking many may ' +
    'me model models money morning most much my need of off ok okay on one ones online only or order other our out please price ' +
    'priced prices product question really right say see sell selling shop should size sizes so some something sort still stock ' +
    'store such sure tell than that the their them there these they thing things think this those to today type uh um us ' +
    'version versions want wanted was way we well were what whats when where whether which who will with wondering would yeah ' +
    'yes you your youre'
  ).split(' '),
);

/** Colours and sizes say which version is meant; products are seldom called by them. */
const englishVersions = new Set(
  'beige big bigger black blue brown cream gold golden gray green grey large larger long medium navy orange pink purple red short silver size small smaller white yellow'.split(
    ' ',
  ),
);
const chineseVersions =
  /(?:黑|白|红|蓝|绿|灰|粉|紫|黄|银|金|棕|橙|米|藏青)色?的|(?:黑|白|红|蓝|绿|灰|粉|紫|黄|银|金|棕|橙|米|藏青)色|[大中小加特]+[号码]/gu;

/** The same in Chinese, longest first, because its words stand without blanks. */
const chineseFiller =
  /请问一下|我想了解一下|我想问一下|我想问问|帮我查一下|帮我看看|还有没有货|有没有货|是不是|多少钱|什么价钱|什么价格|什么颜色|哪些颜色|几种颜色|有哪些|还有货|有没有|还有吗|有货吗|有现货|能不能|可不可以|想了解|想知道|想问|问一下|查一下|看一下|您好|你好|你们|我们|这个|那个|那款|这款|一款|一个|一下|现在|目前|请问|库存|现货|价格|价钱|颜色|尺码|款式|型号|商品|产品|店里|家里|介绍|卖吗|的吗|的呢|好的|可以|还有|什么|哪种|怎么样|怎么|多大|多少|有货|缺货|还|卖|有|吗|呢|啊|吧|了|的|是|我|想|要|买|看|问|给|帮|都|在|和|嗯|呃/gu;

/** What is left of a sentence to look products up with: "do you have the desk lamp in stock?" becomes "desk lamp". */
export function searchWords(sentence: string): string {
  const words = sentence
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}-]+/gu, ' ')
    .replace(chineseVersions, ' ')
    .replace(chineseFiller, ' ')
    .split(' ')
    .filter((word) => word !== '' && !englishFiller.has(word) && !englishVersions.has(word));
  return words.slice(0, 4).join(' ');
}

/** Fewer words find more: the same without the last one; '' where one alone would be left, which may mean anything. */
export function withoutLastWord(words: string): string {
  const all = words.split(' ');
  return all.length > 2 ? all.slice(0, -1).join(' ') : '';
}

/** True when a sentence spells the end of a code, four characters of it at least: "it ends with 8 1 5 6". */
export function spellsEndOf(sentence: string, code: string): boolean {
  const wanted = code.toUpperCase().replace(/[^A-Z\d]/g, '');
  const runs = sentence.toUpperCase().match(/[A-Z\d]{4,}/g) ?? [];
  return runs.some((run) => /\d{3}/.test(run) && wanted.endsWith(run));
}

/** True when a sentence names the word, whatever the case and punctuation. */
export function mentions(sentence: string, word: string): boolean {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  const wanted = plain(word);
  if (wanted === '') return false;
  // Chinese has no blanks between words.
  return /\p{Script=Han}/u.test(wanted)
    ? sentence.includes(word)
    : ` ${plain(sentence)} `.includes(` ${wanted} `);
}
