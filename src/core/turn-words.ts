import type { Expecting } from './dialog.ts';

/**
 * What a text says about turn taking, for both languages at once: a caller may mix them, and a recogniser may mistake one for
 * the other. Only whole words count in English; Chinese has no word borders, so whole texts or their beginnings count.
 */

/** Sounds that say "I am listening" and nothing else. */
const hums = new Set([
  'mm',
  'mmm',
  'mhm',
  'hm',
  'hmm',
  'mmhmm',
  'uh',
  'uhhuh',
  'huh',
  'um',
  'er',
  'ah',
  'oh',
]);
/** Words that say "I am listening" unless a yes-or-no question was asked. */
const acknowledgements = new Set(
  'yes yeah yep yup ok okay right sure alright all i see got it thank thanks you good great cool fine'.split(
    ' ',
  ),
);
const chineseHum = /^[嗯哦噢啊唔呃哎诶]+$/u;
const chineseAcknowledgement =
  /^(?:嗯|哦|噢|啊|唔|好的|好吧|好|行|对的|对|是的|是|知道了|明白了|明白|了解|可以|没问题|谢谢|ok)+$/u;

/** Beginnings that always mean "let me speak". */
const interruptions = [
  'stop',
  'wait',
  'no',
  'hold on',
  'hang on',
  'excuse me',
  'agent',
  'operator',
  'representative',
  'human',
  'person',
  'somebody',
  'someone',
  'repeat',
  'pardon',
  'what',
  'cancel',
  'actually',
  'quiet',
  'shut up',
];
const chineseInterruptions =
  /^(?:停|等一下|等等|等会|等一等|慢着|慢点|不对|不是|不要|不用|不行|别|错了|人工|转人工|找人工|打断|听我说|我说|什么|重复|再说|取消)/u;

/** Lower case, without punctuation, words separated by single spaces. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s'-]/gu, ' ')
    .replaceAll(/[-\s]+/g, ' ')
    .trim();
}

/** True for a text that only says "go on": never a reason to stop speaking. Empty texts are none. */
export function isBackchannel(text: string, expecting: Expecting | null): boolean {
  const words = plain(text);
  if (words === '') return false;
  const chinese = words.replaceAll(' ', '');
  const answers = expecting?.kind === 'yes_no';
  if (chineseHum.test(chinese) || words.split(' ').every((word) => hums.has(word))) return true;
  if (answers) return false;
  return (
    chineseAcknowledgement.test(chinese) ||
    words.split(' ').every((word) => hums.has(word) || acknowledgements.has(word))
  );
}

/** True for a text that begins with a word which always interrupts, such as "stop" or "等一下". */
export function isInterruption(text: string): boolean {
  const words = plain(text);
  return (
    interruptions.some((phrase) => words === phrase || words.startsWith(`${phrase} `)) ||
    chineseInterruptions.test(words.replaceAll(' ', ''))
  );
}

/** How many words a text has; a Chinese character counts as half of one. */
export function wordCount(text: string): number {
  const words = plain(text);
  const characters = words.match(/\p{Script=Han}/gu)?.length ?? 0;
  const others = words
    .replaceAll(/\p{Script=Han}/gu, ' ')
    .split(' ')
    .filter((word) => word !== '').length;
  return others + characters / 2;
}
