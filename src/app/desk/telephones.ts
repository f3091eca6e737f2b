import { startTelephoneLeg } from '../../call/telephone-leg.ts';
import type { VoiceStages } from '../../call/voice-line.ts';
import type { Clock } from '../../core/clock.ts';
import type { ContactCard } from '../../core/desk.ts';
import { toKefuError } from '../../core/errors.ts';
import type { EventBus } from '../../core/events.ts';
import type { Language, PerLanguage } from '../../core/language.ts';
import type { Logger } from '../../core/log.ts';
import type { Utterance } from '../../core/speech.ts';
import type { OutboundDialer } from '../../core/telephony.ts';
import type { Telephones } from '../../handoff/phones.ts';

/** A telephone rings this long at most; the queue takes the offer back by its own rule as well. */
const ringMs = 30_000;

const words: Readonly<Record<'opening' | 'keys', PerLanguage<string>>> = {
  opening: { en: 'A call for you.', zh: '有一个转接给您的电话。' },
  keys: { en: 'Press 1 to take it, or 2 to leave it to others.', zh: '接听请按 1，交给其他同事请按 2。' },
};

/** Rings the telephones of people of the shop, and tells them what a call is about before they take it. */
export function createTelephones(parts: {
  readonly dialer: OutboundDialer;
  readonly stages: VoiceStages;
  /** What the voice can speak. */
  readonly voiceLanguages: readonly Language[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: EventBus;
}): Telephones {
  const { dialer, voiceLanguages, log } = parts;
  return {
    async ring(person, number, card, { signal, onAnswered }) {
      const language = voiceLanguages.includes(card.call.language) ? card.call.language : voiceLanguages[0];
      if (language === undefined) return 'no-answer';
      let leg;
      try {
        const media = await dialer.dial(number, { signal, ringMs });
        leg = startTelephoneLeg(media, { ...parts, language });
      } catch (error) {
        const { code, message } = toKefuError(error, 'transfer_failed');
        log.info({ personId: person.id, code, why: message }, 'the telephone of a person was not answered');
        return message.startsWith('declined') || message.startsWith('busy') ? 'declined' : 'no-answer';
      }
      signal.addEventListener('abort', () => leg.hangUp(), { once: true });
      // The offer may have gone in the moment in which the telephone was answered.
      if (signal.aborted) leg.hangUp();
      onAnswered();
      const answer = await leg.ask(summaryOf(card, language));
      if (answer === 'taken') return leg;
      leg.hangUp();
      return answer;
    },
  };
}

/** What the person hears before taking the call. What cannot be spoken in this language is left out. */
function summaryOf({ call, briefing }: ContactCard, language: Language): Utterance {
  const summary = briefing && call.language === language ? briefing.summary : '';
  const text = [words.opening[language], summary, words.keys[language]]
    .filter((part) => part !== '')
    .join(' ');
  return { parts: [{ type: 'text', text }], language, interruptible: true, promptId: 'telephone_summary' };
}
