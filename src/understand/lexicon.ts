import type { Language } from '../core/language.ts';

/**
 * Short answers that mean the same everywhere, by their normal form. Sentence vectors of one or two syllables are unreliable
 * ("uh huh", 嗯), so these are looked up before any vector is compared.
 */
const phrases: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {
    affirm:
      'yes|yeah|yep|yup|ya|yah|yea|aye|uhhuh|sure|sure thing|for sure|okay|okey dokey|correct|right|exactly|absolutely|definitely|certainly|indeed|of course|true|affirmative|alright|all right|please|please do|go ahead|go for it|do it|do that|let us do it|let us do that|that is right|that is correct|that is it|that is the one|that is true|that is fine|it is|it is correct|it is right|i do|i am|i did|i would|i have|i think so|i believe so|i guess so|i suppose so|sounds good|sounds right|fine|fine by me|you got it|perfect|why not|that works|that would be great|i would like that|that is me|that is mine|by all means|very well|you bet|totally',
    deny: 'no|nope|nah|na|naw|uhuh|not really|not at all|not exactly|not quite|not yet|not now|not that|not that one|not this one|never|wrong|incorrect|negative|no way|no need|no thanks|no thank you|thanks but no thanks|that is wrong|that is not right|that is not correct|that is incorrect|that is not it|that is not the one|that is not mine|it is not|it is wrong|i do not|i am not|i did not|i have not|i would not|i do not think so|i do not believe so|i do not want that|i do not want to|i would rather not|do not|do not do that|please do not|absolutely not|definitely not|certainly not|of course not|i am good|i am afraid not|no that is wrong|not me',
    repeat:
      'pardon|pardon me|excuse me|sorry|come again|what|huh|repeat|again|repeat that|repeat please|say again|say that again|say it again|what did you say|what was that|once more|one more time|once again|i beg your pardon|beg your pardon|say what|i did not get that|i did not catch that|i did not hear that|i did not hear you|i cannot hear you|sorry what|what is that',
    stop: 'stop|stop it|stop that|stop please|please stop|never mind|forget it|forget about it|forget that|cancel that|cancel this|cancel it all|go back|start over|start again|main menu|quit|exit|abort|enough|that is enough|drop it|leave it|skip it|skip this|skip that|shut up|be quiet|hold it',
    human_agent:
      'agent|an agent|live agent|operator|representative|rep|customer rep|human|a human|a person|real person|a real person|live person|person|someone|somebody|customer service|customer support|supervisor|manager|speak to someone|talk to someone|talk to a person|speak to a person',
    greeting:
      'hello|hi|hey|hiya|howdy|good morning|good afternoon|good evening|good day|morning|hello hello|hi there|hello there|hey there|hey hey|greetings|yes hello|yeah hi|well hello',
    thanks_goodbye:
      'thanks|thank you|thank you very much|thank you so much|thanks a lot|many thanks|bye|bye bye|goodbye|good bye|good night|see you|see ya|see you later|cheers|that is all|that is everything|that will be all|nothing else|take care|have a nice day|have a good day|have a good one',
  },
  zh: {
    affirm:
      '是|是的|对|对的|对啊|对呀|嗯|恩|嗯嗯|嗯哼|好|好的|好啊|好吧|好嘞|行|行吧|行啊|可以|可以的|可以啊|没错|没问题|当然|当然可以|要|要的|需要|确认|确定|正确|同意|有|有的|是我|是我的|是本人|我是|我要|就是|就是它|就是这个|是这个|对就是这个|没毛病|成|中|哎|欸|诶|麻烦你了|那行|那好|那可以|好呀|是啊|是呀|完全正确|是这样|是这样的|应该是|应该是吧',
    deny: '不|不是|不是的|不对|不用|不用了|不要|不要了|不行|不可以|不需要|没有|没|没有啊|不了|不想|不愿意|不同意|错|错了|不正确|否|别|先不|先不用|先不要|暂时不用|暂时不|不是这个|不是它|不是我|不是我的|不太对|还没|还没有|算不上|当然不|当然不是|绝对不行|用不着|不必|不必了|不用谢谢|不是啊|不是吧|不对啊|不好',
    repeat:
      '什么|啥|啊|嗯你说什么|你说什么|你说啥|再说一遍|再说一次|再讲一遍|重复|重复一遍|请重复|没听清|没听清楚|听不清|听不清楚|我没听清|没听见|没听到|听不见|说什么|什么意思|再来一遍|麻烦再说一遍|请再说一遍|能再说一遍吗|不好意思|重说',
    stop: '停|停下|停一下|停止|停停停|算了|算啦|算了吧|取消|不弄了|不办了|不查了|不问了|退出|返回|返回主菜单|主菜单|回主菜单|重新开始|从头开始|从头来|重来|打住|跳过|别说了|别念了|够了|终止|闭嘴|安静|等等先停',
    human_agent:
      '人工|转人工|人工客服|人工服务|找人工|接人工|转人工客服|转人工服务|客服|找客服|真人|活人|接线员|我要人工|转客服|占人工|转人公|人工人工|换人|找人|转接人工',
    greeting:
      '你好|您好|喂|喂喂|喂你好|喂您好|哈喽|哈罗|嗨|早|早上好|上午好|中午好|下午好|晚上好|你好你好|您好您好|在吗|你好啊|你好呀|早啊|喂喂喂',
    thanks_goodbye:
      '谢谢|谢谢你|谢谢您|谢谢啊|多谢|谢了|感谢|感谢感谢|非常感谢|太感谢了|再见|拜拜|拜|再会|晚安|谢谢再见|好的谢谢|没事了|没了|没有了谢谢|就这样|就这样吧|挂了|先挂了|好的再见|好的拜拜|回见',
  },
};

const lookup: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  en: toMap(phrases.en),
  zh: toMap(phrases.zh),
};

function toMap(byIntent: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(byIntent).flatMap(([intent, list]) =>
      list.split('|').map((phrase): [string, string] => [phrase, intent]),
    ),
  );
}

/** Words that add nothing to a short answer: "yes please", "no sorry", "well yeah". */
const padding: Readonly<Record<Language, RegExp>> = {
  en: /^(?:well|oh|ah|so|and|but|please|sorry|then|now|just|sir|madam|thanks|thank you)$/,
  zh: /^[啊呀吧呢哦噢嘛啦哈的了]$/u,
};

/** Longest answer that is looked up, in words (English) or characters (Mandarin). */
const longestAnswer: Readonly<Record<Language, number>> = { en: 9, zh: 10 };

/**
 * The intent of a short answer, or undefined when it is none. An answer of several phrases ("yes that's right", 对对对) counts
 * when all of them mean the same; "yes, no" does not.
 *
 * @param normal - the sentence in its normal form.
 */
export function shortAnswerIntent(normal: string, language: Language): string | undefined {
  const whole = lookup[language].get(normal);
  if (whole !== undefined) return whole;
  const units = language === 'en' ? normal.split(' ') : Array.from(normal.replaceAll(' ', ''));
  if (units.length < 2 || units.length > longestAnswer[language]) return undefined;
  const separator = language === 'en' ? ' ' : '';
  let found: string | undefined;
  let at = 0;
  while (at < units.length) {
    const { intent, length } = phraseAt(units, at, separator, language);
    if (length === 0) return undefined;
    if (intent !== undefined) {
      if (found !== undefined && found !== intent) return undefined;
      found = intent;
    }
    at += length;
  }
  return found;
}

/** The longest phrase, or one padding word, that begins at `at`; length 0 when neither does. */
function phraseAt(
  units: readonly string[],
  at: number,
  separator: string,
  language: Language,
): { readonly intent?: string; readonly length: number } {
  for (let end = units.length; end > at; end -= 1) {
    const phrase = units.slice(at, end).join(separator);
    const isWhole = at === 0 && end === units.length;
    // At the end of an answer a courtesy says nothing ("no, thanks"); as a whole it is the answer.
    if (!isWhole && padding[language].test(phrase)) return { length: end - at };
    const intent = lookup[language].get(phrase);
    if (intent !== undefined) return { intent, length: end - at };
  }
  return { length: 0 };
}

const firstWords: Readonly<Record<'affirm' | 'deny', Readonly<Record<Language, RegExp>>>> = {
  affirm: {
    en: /^(?:oh |well |um )?(?:yes|yeah|yep|yup|sure|correct|right|uhhuh|exactly|absolutely|of course)\b/,
    zh: /^(?:啊|哦|哎)?(?:是的|是我|是这|对(?!不起|面|了|于|方)|没错|可以|行(?!李)|好的|嗯|当然(?!不))/u,
  },
  deny: {
    en: /^(?:oh |well |um )?(?:no(?! problem| worries| doubt)|nope|nah|not|wrong|incorrect|uhuh)\b/,
    zh: /^(?:啊|哦|哎)?(?:不(?!好意思|知道|管|过|清楚|明白|懂|会|能)|没有|错了|别)/u,
  },
};

/** Which way a sentence begins, as an answer to a yes-or-no question: "no, that's somebody else" begins with a no. */
export function polarityOfFirstWords(normal: string, language: Language): 'affirm' | 'deny' | undefined {
  if (firstWords.deny[language].test(normal)) return 'deny';
  return firstWords.affirm[language].test(normal) ? 'affirm' : undefined;
}

const courtesies: Readonly<Record<Language, { readonly before: RegExp; readonly after: RegExp }>> = {
  en: {
    before:
      /^(?:(?:yes|yeah|well|oh|so|okay|uh|um|hello|hi|hey|there|good (?:morning|afternoon|evening|day)) )+(?=\S+ \S+ \S+)/,
    after: /(?<=(?:\S+ ){4}\S+) (?:please|thank you|thanks|thank you very much|okay)$/,
  },
  zh: {
    before:
      /^(?:喂|你好|您好|哎|诶|请问(?:一下)?|那个|不好意思|麻烦(?:你|您)?(?:了)?|早上好|下午好|晚上好|[啊呀])+(?=.{4,})/u,
    after: /(?<=.{7,})(?:谢谢(?:你|您|啊|了)?|麻烦(?:你|您)?了|好吗|可以吗|行吗|行不行)$/u,
  },
};

/** A sentence without the greeting before and the thanks after its matter, which would blur its vector. */
export function withoutCourtesies(normal: string, language: Language): string {
  const { before, after } = courtesies[language];
  return normal.replace(before, '').replace(after, '').trim();
}
