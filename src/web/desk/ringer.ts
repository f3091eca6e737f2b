import type { Language } from '../../core/language.ts';
import { ring } from '../audio/ring.ts';
import type { Offer } from './state.ts';
import { deskText } from './texts.ts';

const deskPath = '/desk';

/** Makes an offer noticed wherever its agent looks: a ring, a notification of the browser, and the title of the tab. */
export class Ringer {
  readonly #loudspeaker: () => Promise<AudioContext>;
  readonly #notifications = new Map<string, Notification>();
  readonly #title = document.title;
  #stopRing: (() => void) | undefined;
  #ringing = false;
  language: Language = 'en';

  constructor(loudspeaker: () => Promise<AudioContext>) {
    this.#loudspeaker = loudspeaker;
  }

  /** To be called from a click, since browsers ask the person only then. */
  askPermission(): void {
    if (!('Notification' in window) || Notification.permission !== 'default') return;
    Notification.requestPermission().catch((error: unknown) =>
      console.warn('Notifications cannot be asked for', error),
    );
  }

  /** Rings while there is an offer. */
  show(offers: readonly Offer[]): void {
    for (const [entryId, notification] of this.#notifications) {
      if (offers.some(({ card }) => card.entryId === entryId)) continue;
      notification.close();
      this.#notifications.delete(entryId);
    }
    for (const offer of offers) this.#notify(offer);
    if (offers.length > 0 === this.#ringing) return;
    this.#ringing = offers.length > 0;
    document.title = this.#ringing ? `☎ ${deskText('incoming', this.language)}` : this.#title;
    if (this.#ringing) this.#startRing();
    else this.#stopRing?.();
  }

  #startRing(): void {
    this.#loudspeaker()
      .then((context) => {
        if (!this.#ringing) return;
        this.#stopRing?.();
        this.#stopRing = ring(context);
      })
      .catch((error: unknown) => console.warn('The ring cannot be heard', error));
  }

  #notify({ card }: Offer): void {
    if (!('Notification' in window) || Notification.permission !== 'granted') return;
    if (!document.hidden && location.pathname === deskPath) return;
    if (this.#notifications.has(card.entryId)) return;
    // Others may see the screen: what is wanted is enough, names stay on the page.
    const notification = new Notification(deskText('incoming', this.language), {
      body: card.briefing?.wanted ?? card.call.wanted,
      tag: card.entryId,
      requireInteraction: true,
    });
    notification.onclick = () => {
      window.focus();
      if (location.pathname === deskPath) return;
      // The pages' router follows the history of the browser; loading the page anew would end a conversation.
      history.pushState(null, '', deskPath);
      dispatchEvent(new PopStateEvent('popstate'));
    };
    this.#notifications.set(card.entryId, notification);
  }
}
