import type { PerLanguage } from '../core/language.ts';

/** What the vendor's voice says when there is no stream that Kefu's could speak on: fixed words, nothing of the caller's. */
export const lastWords = {
  overloaded: {
    en: 'All our lines are busy right now. Please call again in a few minutes. Goodbye.',
    zh: '现在线路都在忙，请您过几分钟再打来。再见。',
  },
  lost: {
    en: 'Sorry, our connection was lost. Please call again. Goodbye.',
    zh: '很抱歉，我们这边的线路断了，请您再打一次。再见。',
  },
} as const satisfies Record<string, PerLanguage<string>>;
