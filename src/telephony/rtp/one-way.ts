import type { Logger } from '../../core/log.ts';
import type { OneWaySound } from '../../core/telephony.ts';

/** What one look at a stream shows. */
export interface OneWayFacts {
  /** How long both sides have wanted to hear each other. */
  readonly bothWaysMs: number;
  readonly received: number;
  readonly sent: number;
  /** Reports of the far side since the last look, and how much of our sound they speak of; undefined: not at all. */
  readonly reports: number;
  readonly fractionLost: number | undefined;
}

/** Sound that has not come by then does not come: ringing is over, and gateways send from the first second. */
const patienceMs = 5_000;
/** Looks in a row that must show the same: one report may have been under way when the sound began. */
const looksNeeded = 2;
/** A report has 8 bits for the share: 255/256 is the most that it can tell. */
const allLost = 255 / 256;

const causes: Readonly<Record<OneWaySound, string>> = {
  'nothing-comes':
    'no packet comes from the far side: RTP ports closed in the firewall, publicAddress wrong or missing, or the far side sends from an address that it does not name',
  'nothing-arrives':
    'by its reports the far side hears nothing of us: a firewall or NAT before it drops our packets, or it has told a wrong address',
};

/** Finds sound that goes only one way and says so once, with the likely cause. */
export class OneWayWatch {
  readonly #log: Logger;
  #deafLooks = 0;
  #found: OneWaySound | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The first that was found in the call. */
  get found(): OneWaySound | undefined {
    return this.#found;
  }

  /** To be called every few seconds while sound should go both ways. */
  look(facts: OneWayFacts): void {
    if (facts.bothWaysMs < patienceMs) return;
    if (facts.received === 0) this.#find('nothing-comes', facts);
    const deaf = facts.reports > 0 && facts.sent > 0 && (facts.fractionLost ?? 1) >= allLost;
    if (facts.reports > 0) this.#deafLooks = deaf ? this.#deafLooks + 1 : 0;
    if (this.#deafLooks >= looksNeeded) this.#find('nothing-arrives', facts);
  }

  #find(oneWay: OneWaySound, { received, sent }: OneWayFacts): void {
    if (this.#found !== undefined) return;
    this.#found = oneWay;
    this.#log.warn(
      { oneWay, likelyCause: causes[oneWay], received, sent },
      'The sound of a call goes one way only',
    );
  }
}
