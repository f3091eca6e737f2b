import { fold } from '../../src/commerce/demo-shop/matching.ts';

/** What a caller makes of Kefu's words. Callers listen for a few turns of phrase only, as people on the telephone do. */

const personOffer =
  /\b(talk|speak) (to|with) (a |an |one of )?(person|someone|human|agent|colleague)|get you a (person|colleague)|a person could help|connect you (with|to) (a|someone)\b|转人工|人工客服/i;
const callbackOffer = /\bcall you( back)?\b|\bmay we call\b|another number|回电|回拨|别的号码|另一个号码/i;
const endOffer = /\bend (the call|it|here)\b|\bstop here\b|结束通话|就到这里/i;
const refusal =
  /\b(can't|cannot|can not|couldn't|unable|isn't possible|not possible|impossible|not available|isn't available|unavailable|out of stock|sold out|no longer|not allowed|isn't allowed|not eligible|isn't eligible|too late|only (?:be )?(?:once|before|after)|already (?:been )?(?:changed|returned|exchanged|requested|shipped|delivered|cancelled)|has (?:already )?(?:shipped|been sent)|not enough|a colleague|i'm sorry|i am sorry|unfortunately)\b|不能|无法|不可以|没有货|缺货|抱歉|很遗憾|不支持|已经发货|同事/i;
const success =
  /\b(done|is cancelled|been cancelled|have cancelled|i've cancelled|i cancelled|is set up|i've set up|been (?:changed|updated|requested|arranged|registered|recorded|booked|placed)|is (?:changed|updated|requested|arranged|registered|booked)|i've (?:changed|updated|requested|arranged|registered|booked|started)|we've (?:changed|updated)|now goes to|will be (?:sent|refunded|delivered)|you'll get|you will (?:get|receive)|return is|exchange is|is paid with|all set)\b|已取消|已经取消|已修改|已更新|已经改|改好|办好|已申请|已为您|已登记|会退到|将退/i;
const notUnderstood =
  /\b(didn't get (?:that|it)|missed that|hard to hear|couldn't make that out|say it again|you could say|try saying|i can (?:tell you|look up|help)|please say (?:just|the|your|"))|没有听明白|没听懂|没有听清|您可以说|您可以试着说|我可以/i;
const moreQuestion =
  /\b(anything else|another item|any other|any more|something else|further items?|that all(?! right)|is that everything|else (?:from|in|to))\b|还有(?:别的|其他|什么)|其他商品|别的商品|就这些/i;

const handingOver =
  /\b(colleague will help|connecting you|put you through|nobody is free)\b|由我的同事|由同事|正在为您转接/i;
const unknown =
  /\bcouldn't find (you|that|anyone)\b|\bisn't known to us\b|\bstill can't find\b|没有查到|没能在系统里找到/i;

export const handsOver = (words: string): boolean => handingOver.test(words);
export const saysUnknown = (words: string): boolean => unknown.test(words);
export const offersPerson = (words: string): boolean => personOffer.test(words);
export const offersCallback = (words: string): boolean => callbackOffer.test(words);
export const offersEnd = (words: string): boolean => endOffer.test(words);
export const asksForMore = (words: string): boolean => moreQuestion.test(words);
export const saysNotUnderstood = (words: string): boolean => notUnderstood.test(words);

/** Between two sentences; a decimal point ends none. */
export const sentenceEnds = /(?<=[.!?])\s+|(?<=[。！？])\s*/;

/** What became of a wish, as far as Kefu's words tell. */
export function resultIn(words: string): 'done' | 'refused' | 'unclear' {
  if (success.test(words)) return 'done';
  return refusal.test(words) ? 'refused' : 'unclear';
}

/** The order numbers that are mentioned: a letter or two and six digits or more, however they are grouped. */
export function ordersIn(words: string): string[] {
  return [...words.matchAll(/#?\b([A-Z]{1,3})[\s-]?(\d(?:[\s,-]{0,2}\d){5,11})\b/g)].map(
    ([, letters = '', digits = '']) => letters + digits.replace(/\D/g, ''),
  );
}

const street = /\b\d+ (?:[\p{Lu}\d][\p{L}\d'.]* ?)+/gu;

/** The beginnings of addresses that are mentioned: `12 Oak Street`. */
export function streetsIn(words: string): string[] {
  return [...words.matchAll(street)].map(([text]) => text.trim());
}

/** An order number as `ordersIn` gives it. */
export function plainOrder(orderId: string): string {
  return orderId.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
}

/** Words without case, accents and plural endings; signs part them. */
function stems(text: string): string[] {
  return text
    .normalize('NFKC')
    .split(/[^\p{L}\p{N}.%]+/u)
    .map((word) => fold(word).replace(/(?<=[a-z]{3})(?<!s)s$/, ''))
    .filter((word) => word !== '');
}

/** Whether words name a thing: all its words are there, in any number. Chinese names are found as they stand. */
export function mentions(words: string, name: string): boolean {
  if (/\p{Script=Han}/u.test(name)) return fold(words).includes(fold(name));
  const said = stems(words);
  const own = stems(name);
  return own.length > 0 && said.some((_word, at) => own.every((word, index) => said[at + index] === word));
}

/** How many of the values stand in a label. */
export function valuesIn(label: string, values: readonly string[]): number {
  return values.filter((value) => mentions(label, value)).length;
}
