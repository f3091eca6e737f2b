import type { Language } from '../../core/language.ts';

/** What callers say while they wait for a person: about the waiting itself, and what needs no answer. */

type Patterns = Readonly<Record<Language, RegExp>>;

const callbacks: Patterns = {
  en: /\b(?:call|ring|phone) me (?:back|later|again|instead)\b|\bcall ?-?backs?\b|\b(?:can|could|will|would) (?:you|someone|somebody|they|he|she) (?:please |just )?(?:call|ring|phone) me\b|\b(?:rather|prefer to) (?:be called|have (?:you|someone|somebody) call)\b/i,
  zh: /回(?:个)?(?:电|拨)|打回来|打(?:电话)?给我|给我(?:打|来)(?:个)?电话/u,
};
const noCallbacks: Patterns = {
  en: /\b(?:don't|do not|no need to|needn't|never|not) (?:have to |need to |want (?:you to |a )?)?(?:call|ring|phone)|\bno call ?-?back/i,
  zh: /(?:不用|不要|不必|不需要|别)(?:给我)?(?:回|打)/u,
};

const places: Patterns = {
  en: /\bhow (?:much )?long(?:er)?\b|\bhow much (?:more time|time is left)\b|\bhow many (?:people|callers|others)\b|\b(?:am i|are we|i'm) (?:still |even )?(?:next|in (?:the )?(?:line|queue)|on hold|waiting)\b|\b(?:what|which|where) (?:is|am|'s) (?:my |i )?(?:place|position|number|in (?:the )?(?:line|queue))|\bwhat number am i\b|\bwhen (?:is it|will it be) my turn\b|\bis it my turn\b|\banybody coming\b|\banyone coming\b/i,
  zh: /多久|多长时间|多少时间|几分钟|几个人|多少人|第几|排到哪|排到几|轮到我|还在排|在排队吗|快(?:到|了)吗|还要等|还得等|有人来吗/u,
};
/** "How long does a refund take?" is no question about the place. */
const otherTimes: Patterns = {
  en: /\b(?:refund|deliver\w*|order|parcel|package|return\w*|exchange|arriv\w*|ship\w*|money|warranty|open)\b/i,
  zh: /退款|退货|换货|配送|快递|订单|发货|送到|到货|到账|包裹|保修|营业/u,
};

const leaving: Patterns = {
  en: /\bnever ?mind\b|\bforget (?:it|about it|that)\b|^\W*(?:please )?cancel(?: (?:that|it|this|the call|the transfer))?(?: please)?\W*$|\b(?:don't|do not|no longer) (?:need|want) (?:to (?:talk|speak) (?:to|with) )?(?:a |an |any |your |the )?(?:person|agents?|humans?|anybody|anyone|somebody|someone|colleagues?|representative)\b(?: any ?more)?|\bno need for (?:a |an |your )?(?:person|agent|human|colleague|anybody|anyone)\b/i,
  zh: /算了|不用(?:转|找|等|排)(?:人工|客服|人)?了?|不用人工了?|不(?:找|要|转)(?:人工|客服|人)了?|别转了|^\P{L}*取消(?:吧|转接|排队|掉)?\P{L}*$|不等了|不排了/u,
};

const cannotWait: Patterns = {
  en: /\b(?:can't|cannot|can not|don't want to|do not want to|not going to|won't|don't have time to|no time to) (?:keep |be )?wait(?:ing)?\b|\btoo long (?:for me )?to wait\b|\b(?:don't|do not) have (?:that much |the )?time\b/i,
  zh: /等不了|等不及|不想等|没(?:有)?时间(?:等)?|没空等/u,
};

const remarks: Patterns = {
  en: /^(?:\s|[,.!?]|\b(?:ok|okay|yes|yeah|yep|no|sure|fine|right|all|alright|good|great|perfect|thanks|thank|you|m+|mm+|mhm|hmm+|uh|huh|um|oh|ah|well|i|i'll|i'm|will|can|see|wait|waiting|still|here|problem|got|it|that's|very|much|take|your|time)\b)+$/i,
  zh: /^(?:[\s，。！？、,.!?]|好(?:的|吧|啊|呀)?|嗯+|行|可以|没问题|知道了|明白了?|哦|噢|啊|呃|那?我?等(?:着|一下|吧)?|没关系|不急|谢谢(?:你|您)?|多谢|不|是|对|还在|我?在|的|了|吧|ok|okay)+$/iu,
};

const silence: Patterns = {
  en: /\b(?:be|keep) quiet\b|\bstop (?:talking|speaking|the music)\b|\bshut up\b/i,
  zh: /别说|别念|安静|闭嘴|不要说/u,
};

/** "Be quiet": the caller minds the talking, not the waiting. */
export function asksForSilence(text: string, language: Language): boolean {
  return silence[language].test(text);
}

/** "Call me back instead", 给我回个电话吧. */
export function asksForCallback(text: string, language: Language): boolean {
  return callbacks[language].test(text) && !noCallbacks[language].test(text);
}

/** "How long will it take?", "am I still in line?". */
export function asksAboutPlace(text: string, language: Language): boolean {
  return places[language].test(text) && !otherTimes[language].test(text);
}

/** "Never mind", "I don't need anybody any more", 不用转人工了. */
export function leavesLine(text: string, language: Language): boolean {
  return leaving[language].test(text);
}

/** What is said besides no longer wanting a person: "just tell me when it arrives" without the "never mind". */
export function besidesLeaving(text: string, language: Language): string {
  return text
    .replace(leaving[language], ' ')
    .replace(/^[\s\p{P}]+/u, '')
    .trim();
}

/** "I can't wait", 等不了了: the way that needs no waiting is worth telling. */
export function saysCannotWait(text: string, language: Language): boolean {
  return cannotWait[language].test(text);
}

/** "Okay", "mhm", "I'll wait", 好的我等着: nothing that wants an answer. */
export function isRemark(text: string, language: Language): boolean {
  return remarks[language].test(text);
}

/** Long enough to be meant for Kefu: shorter words are said to somebody in the room, or to nobody. */
export function isSentence(text: string, language: Language): boolean {
  const length =
    language === 'zh' ? Array.from(text.replace(/[\s\p{P}]/gu, '')).length : text.trim().split(/\s+/).length;
  return length >= (language === 'zh' ? 6 : 4);
}
