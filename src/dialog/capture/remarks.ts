import type { Language } from '../../core/language.ts';

/** Remarks that callers make at any question, besides what the intents cover. */

type Patterns = Readonly<Record<Language, RegExp>>;

const waits: Patterns = {
  en: /^(?:(?:um|uh|oh|okay|ok|yeah|yes|sure|well|please|just|so|wait)[,.\s]+)*(?:(?:hold|hang) on|one (?:moment|second|sec|minute)|(?:just )?a (?:moment|second|sec|minute)|wait|give me (?:a|one) (?:moment|second|sec|minute)|let me (?:see|check|look|find|get)|bear with me|i'm (?:looking|checking))/i,
  zh: /^[嗯啊呃哦好的，,\s]*(?:请?稍等|等一下|等一等|等等|等会儿?|您?稍等|我(?:找|看|查)一下|我(?:找|看|查)(?:找|看|查))/u,
};

const wrongs: Patterns = {
  en: /\b(?:wrong (?:order|one|number)|that's wrong|that is wrong|not my (?:order|parcel|package|stuff)|(?:isn't|is not|wasn't) my|not mine|not the (?:right|one|order)|incorrect)\b/i,
  zh: /不是我的|不是这个(?:订单)?|订单不对|搞错|弄错|查错|错了/u,
};

const leaves: Patterns = {
  en: /^(?:none|neither)(?: of (?:them|these|those))?\W*$|\b(?:leave|keep)\b.{1,60}\bas (?:it|they) (?:is|are)\b|\b(?:leave|keep) (?:it|that|this|them)(?: one)?\b|\bforget (?:it|that|about (?:it|that))\b|\b(?:don't|do not) (?:change|exchange) (?:it|that|this)/i,
  zh: /^(?:我)?都(?:不要|不想要|不喜欢|不合适)了?\P{L}*$|^一个都不要\P{L}*$|保持原样|原来的就(?:行|好)|(?:这个|那个|就)?(?:不换了|不改了|别换了|别改了)|那就(?:不换|不改|算)/u,
};

const thanks: Patterns = { en: /\b(?:thanks|thank you|cheers)\b/i, zh: /谢谢|多谢|感谢/u };

/** "Hold on, let me look for it" is as long as that gets; "wait, also the lamp" is no request for time. */
const longestWait: Readonly<Record<Language, number>> = { en: 12, zh: 16 };
const addition: Patterns = {
  en: /\b(?:also|too|as well|and the|actually|instead)\b/i,
  zh: /还有|也要|也退|另外|加上/u,
};

const farewells: Patterns = {
  en: /\b(?:bye|goodbye|that's (?:it|all)|that is all|that was all|have a (?:nice|good|great)|see you|take care|all set|done)\b/i,
  zh: /再见|拜拜|没有了|没了|不用了|没事了|就这样|好了|挂了/u,
};

/** Thanks that are no goodbye. */
export function saysOnlyThanks(text: string, language: Language): boolean {
  return thanks[language].test(text) && !farewells[language].test(text);
}

/** "Hold on", 等一下: the caller needs time to find something. */
export function asksToWait(text: string, language: Language): boolean {
  const length = language === 'zh' ? Array.from(text.trim()).length : text.trim().split(/\s+/).length;
  return (
    waits[language].test(text.trim()) && length <= longestWait[language] && !addition[language].test(text)
  );
}

/** "That's not my order": what was told is about something else. */
export function saysWrong(text: string, language: Language): boolean {
  return wrongs[language].test(text);
}

/** "Then leave the lamp as it is": nothing shall be done with this one. */
export function saysLeaveIt(text: string, language: Language): boolean {
  return leaves[language].test(text);
}

export function saysThanks(text: string, language: Language): boolean {
  return thanks[language].test(text);
}
