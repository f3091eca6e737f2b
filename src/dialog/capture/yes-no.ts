import type { Language } from '../../core/language.ts';

/** A yes or no; `clear` when the words say nothing else, which is what a change needs. */
export interface YesNo {
  readonly answer: 'yes' | 'no';
  readonly clear: boolean;
  /** Both were said and nothing else: "okay, no". */
  readonly mixed: boolean;
}

const english = {
  yes: "yes|yeah|yep|yup|ya|yea|aye|sure|ok|okay|right|correct|exactly|absolutely|definitely|certainly|of course|indeed|uh huh|mm hmm|mhm|that's right|that is right|that's correct|that is correct|that's it|that's the one|that one|it is|i do|i am|i would|i'd like that|i'd love to|please do|do that|do it|go ahead|go for it|sounds good|that's fine|fine|perfect|great|affirmative|you got it|by all means|why not|please|let's do it|for sure|alright|all right|true|confirmed?|agreed|i agree|i confirm|that works|works for me|proceed|y",
  no: "no|nope|nah|nay|no way|not really|not at all|negative|never|wrong|incorrect|false|that's wrong|that is wrong|that's not right|that is not right|that's not correct|that is not correct|that's not it|not that one|it's not|it is not|it isn't|i don't|i do not|i'm not|don't|do not|not now|not today|no thanks|no thank you|nothing|nothing else|i'm good|that's all|that is all|that will be all|that'll be all|that would be all|i'm fine|i'm all set|all set|i disagree|cancel that|n",
  politeness:
    "please|thanks|thank you|thank you very much|thanks a lot|very much|sir|madam|ma'am|that is|it is|it's|that's|well|oh|um|uh|er|so|then|i think|i think so|i guess|i guess so|i suppose|i believe|i believe so|indeed|actually|yes|no|really|very|just|hm+|ah|and|but|now|for me|i said|you can|we can|got it|good",
};

const chinese = {
  yes: '是的|是啊|是呀|是|对的|对呀|对啊|对|没错|正确|好的|好啊|好呀|好吧|好|行的|行吧|行|可以的|可以|要的|要|需要|当然|嗯嗯|嗯|恩|确认|同意|没问题|可不是|就是|就这个|就是这个|愿意|想|麻烦了|麻烦你|请|中|成|ok|okay|yes',
  no: '不是的|不是|不对|不用了|不用|不要了|不要|不需要了|不需要|不行|不可以|不好|不了|不想|不同意|不确认|不必了|不必|不|没有了|没有|没了|没|错了|错|否|别|算了|no',
  politeness:
    '谢谢你|谢谢您|谢谢|多谢|啊|呀|吧|呢|哦|噢|嗯|额|呃|那个|的|了|就|我|你|您|请|吧|嘛|哈|其他的?|别的|其它的?|这个|我说',
};

interface Lexicon {
  readonly yes: RegExp;
  readonly no: RegExp;
  readonly polite: RegExp;
}

const boundary = { en: ["(?<![\\w'])(?:", ")(?![\\w'])"], zh: ['(?:', ')'] } as const;

function lexicon(language: Language, source: typeof english): Lexicon {
  const [before, after] = boundary[language];
  const longestFirst = (words: string) =>
    words
      .split('|')
      .sort((left, right) => right.length - left.length)
      .join('|');
  const compile = (words: string) => new RegExp(before + longestFirst(words) + after, 'giu');
  return { yes: compile(source.yes), no: compile(source.no), polite: compile(source.politeness) };
}

const lexicons: Readonly<Record<Language, Lexicon>> = {
  en: lexicon('en', english),
  zh: lexicon('zh', chinese),
};

/** Sayings that hold a yes or a no and mean the other, and those that mean neither. */
const sayings: Readonly<Record<Language, readonly (readonly [RegExp, string])[]>> = {
  en: [
    [/\bno (?:problem|worries|doubt)\b/g, 'yes'],
    [/\bwhy not\b/g, 'yes'],
    [/\bnot yet\b/g, 'no'],
    [/\b(?:not sure|(?:do not|don't|no) (?:know|idea|clue)|don't think so|not exactly)\b/g, ' unsaid '],
  ],
  zh: [
    [/没问题|可不是|没错|不错/g, '是的'],
    [/还没有?(?:呢|啊)?/g, '没有 '],
    [
      /你好|您好|好久|不知道|不确定|不清楚|不太清楚|不记得|没听清|是不是|对不对|好不好|可不可以|要不要|行不行/g,
      '未答',
    ],
  ],
};

/** "Is that everything?" - "Yes, that's all": what sounds like a no to an offer ends a yes to any other question. */
const closings: Readonly<Record<Language, RegExp>> = {
  en: /^(?:(?:um|uh|oh|well) )*(?:yes|yeah|yep|yup|sure|correct|right|that's right)(?: please)? (?:(?:that's|that is|that will be|that'll be|that would be) (?:all|it|everything)|nothing else|no more)(?= |$)/,
  zh: /^[嗯啊哦]* ?(?:是的?|对的?|好的?) ?(?:没有?(?:别的|其他的?|其它的?)?了|就这些了?|就这样)(?= |$)/u,
};
const offers: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:else|more|another|other)\b/i,
  zh: /还|其他|其它|别的/u,
};

/** With other words around it, an answer must begin with a word that is nothing but yes or no. */
const heads: Readonly<Record<Language, RegExp>> = {
  en: /^(?:(?:um|uh|er|oh|well|and|but|so|hm+) )*(?:(?<yes>yes|yeah|yep|yup|sure|correct|that's right|that's correct|exactly)|(?<no>no|nope|nah|wrong|not that one|that's wrong|that's not right|that's not it|it's not|no thanks|no thank you))(?![\w'])/,
  zh: /^[嗯啊哦噢呃额喔 ]*(?:(?<no>不是|不对|不用|不要|不需要|不行|不可以|没有|不了|不)|(?<yes>是的|是啊|是|对的|对|好的|可以|行))(?=[ 的啊呀了吧]|$)/u,
};

/** What a yes may say again of the question: its verb and a word for the thing, and nothing that narrows the yes. */
const echoes: Readonly<Record<Language, RegExp>> = {
  en: /^(?:(?:go ahead and|just|then|to) )*(?<verb>[a-z]+) (?:it|that|this|them|those|both)(?: (?:back|out|in|off|now))*$/,
  zh: /^(?:请|就|那就?|帮|给|麻烦)*(?<verb>\p{Script=Han}{1,2}?)(?:它|掉|了)?[吧呀啊]?$/u,
};

/**
 * Reads yes or no in any of their forms. Where both stand ("okay, no thank you"), it is no, and the answer is not clear; with other
 * words besides it is not clear either, unless they only say the question again ("Shall I send it?" - "yes,
 * send it").
 *
 * @param question - what was asked, its last sentence last; nothing is an echo without it.
 */
export function captureYesNo(text: string, language: Language, question = ''): YesNo | undefined {
  let plain = text
    .toLowerCase()
    .replace(/’/g, "'")
    .replace(/[.,!?;:，。！？、；：…"“”-]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  for (const [saying, meaning] of sayings[language]) plain = plain.replace(saying, meaning);
  const isClosing = question !== '' && !offers[language].test(question) && closings[language].test(plain);
  if (isClosing) plain = plain.replace(closings[language], language === 'zh' ? '是的' : 'yes');
  if (plain === '') return undefined;
  const { yes, no, polite } = lexicons[language];
  // "No" first: 不是 holds 是, "that's not right" holds "right".
  const withoutNo = plain.replace(no, (found) => '<'.repeat(found.length));
  const noAt = withoutNo.indexOf('<');
  const withoutBoth = withoutNo.replace(yes, (found) => '>'.repeat(found.length));
  const yesAt = withoutBoth.indexOf('>');
  if (noAt < 0 && yesAt < 0) return undefined;
  const rest = withoutBoth.replace(/[<>]/g, ' ').replace(polite, ' ').trim();
  if (rest !== '') {
    const head = heads[language].exec(plain);
    if (!head) return undefined;
    const isYes = head.groups?.no === undefined;
    const clear =
      isYes && noAt < 0 && isEcho(rest.replace(/\s+/g, language === 'zh' ? '' : ' '), language, question);
    return { answer: isYes ? 'yes' : 'no', clear, mixed: false };
  }
  // "Okay, no thank you": with both, it is no, which does no harm.
  const answer = noAt >= 0 ? 'no' : 'yes';
  const isBoth = noAt >= 0 && yesAt >= 0;
  // "Please" alone is agreement to an offer, but nothing a change may rest on.
  const isWeak = /^(?:please|请|嗯|恩|想)$/.test(plain);
  // Nor may it rest on what often is a no.
  return { answer, clear: !isBoth && !isWeak && !isClosing, mixed: isBoth };
}

/** True when words say no more than the question's own verb: "cancel it" after "Shall I cancel it?". */
function isEcho(words: string, language: Language, question: string): boolean {
  const verb = echoes[language].exec(words)?.groups?.verb;
  const asked = /[^.!?。！？]*[?？]\s*$/u.exec(question.toLowerCase())?.[0] ?? '';
  if (verb === undefined) return false;
  return language === 'zh' ? asked.includes(verb) : asked.split(/[^a-z']+/).includes(verb);
}
