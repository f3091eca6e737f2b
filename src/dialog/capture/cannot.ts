import type { Language } from '../../core/language.ts';

const patterns: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:(?:do not|don't|dont|can't|cannot|can not|couldn't|didn't) (?:actually |really )?(?:have|know|find|remember|recall|see|get|got|receive)|no idea|not sure|no clue|forgot|forgotten|lost (?:it|the)|haven't got|not (?:with me|at hand|on hand|here)|without (?:it|the|a|an|my)|(?:i have|there's|there is) (?:no|none)|not at the moment)\b/i,
  zh: /不知道|不记得|记不得|记不住|记不清|忘了|忘记|没有(?:订单号|号码|邮箱|编号|单号|了)?|找不到|查不到|不清楚|没带|不在(?:手边|身边)|没记|不晓得|丢了/u,
};

/** True when the caller says that they do not have or know what was asked for. */
export function saysCannot(text: string, language: Language): boolean {
  return patterns[language].test(text);
}
